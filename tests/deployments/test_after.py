"""The watch after success: when a release counts as good, and when it has to go back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.rollouts.after import Stop, faults, is_bad, watched_until
from deployments.rollouts.explain import Stopped

SUCCEEDED = datetime(2026, 1, 1, 12, tzinfo=UTC)
WATCH = timedelta(minutes=2)


def stop(seconds, code="EssentialContainerExited", reason="Essential container in task exited"):
    return Stop(SUCCEEDED + timedelta(seconds=seconds), Stopped(reason, code))


exits = st.builds(stop, st.integers(0, 600))


def test_a_quiet_release_is_watched_for_the_usual_time():
    assert watched_until([], SUCCEEDED, WATCH) == SUCCEEDED + WATCH
    assert not is_bad([], desired=2)


def test_a_single_stop_is_forgiven_and_watched_longer():
    assert watched_until([stop(50)], SUCCEEDED, WATCH) == SUCCEEDED + timedelta(seconds=170)
    assert not is_bad([stop(50)], desired=2)


def test_two_stops_of_a_small_service_are_too_many():
    assert is_bad([stop(10), stop(22)], desired=2)


def test_a_large_service_is_judged_by_its_share_of_stops():
    assert not is_bad([stop(n) for n in range(4)], desired=50)
    assert is_bad([stop(n) for n in range(5)], desired=50)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)"),
        ("UserInitiated", "Task stopped by user"),
        ("SpotInterruption", "Your Spot Task was interrupted."),
        ("", "Host EC2 (instance i-0123) terminated."),
    ],
)
def test_tasks_that_were_taken_away_are_no_fault_of_the_release(code, reason):
    assert faults([stop(10, code, reason), stop(20, code, reason)]) == []


@pytest.mark.parametrize(
    "reason",
    ["Task failed ELB health checks in (target-group arn:tg)", "Task failed container health checks"],
)
def test_tasks_that_ecs_stopped_because_their_checks_failed_count(reason):
    assert is_bad([stop(10, "ServiceSchedulerInitiated", reason), stop(30, "ServiceSchedulerInitiated", reason)], 1)


@given(st.lists(exits, max_size=20))
def test_the_watch_always_ends(stops):
    until = watched_until(stops, SUCCEEDED, WATCH)

    assert SUCCEEDED + WATCH <= until <= SUCCEEDED + 3 * WATCH


@given(st.lists(exits, max_size=20), st.integers(1, 50))
def test_one_more_stop_never_makes_a_release_better(stops, desired):
    assert is_bad(stops, desired) <= is_bad([*stops, stop(700)], desired)


@pytest.mark.parametrize(
    "reason",
    [
        "CannotPullContainerError: pull image manifest has been retried 5 time(s): toomanyrequests: Rate exceeded",
        "CannotPullContainerError: failed to extract layer: write /var/lib/docker: no space left on device",
        "CannotStartContainerError: DockerTimeoutError: Could not transition to started; timed out",
    ],
)
def test_tasks_that_were_kept_from_starting_by_what_passes_are_no_fault_of_the_release(reason):
    assert faults([stop(10, "TaskFailedToStart", reason), stop(20, "TaskFailedToStart", reason)]) == []


def test_a_program_that_cannot_be_started_is_its_own_fault():
    denied = "CannotStartContainerError: exec ./start.sh: permission denied"

    assert is_bad([stop(10, "TaskFailedToStart", denied), stop(20, "TaskFailedToStart", denied)], desired=2)
