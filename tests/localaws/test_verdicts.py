"""The rules of health checks: when a target becomes healthy, unhealthy, or is still starting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.localaws.verdicts import (
    LONGEST_INTERVAL,
    LONGEST_TIMEOUT,
    STARTUP_GRACE,
    Check,
    Outcome,
    State,
    Verdict,
    check_of,
    code_matches,
    judge,
    wait_after,
)

CHECK = Check("127.0.0.1", 8080, "/health", "200", interval=1, timeout=1, healthy_after=2, unhealthy_after=2)


def after(*outcomes: Outcome, now: float = 0) -> State:
    verdict = Verdict(since=0)
    for outcome in outcomes:
        verdict = judge(verdict, outcome, CHECK, now)
    return verdict.state


def test_a_new_target_needs_a_single_pass():
    assert after(Outcome.PASSED) is State.HEALTHY


def test_a_target_is_unhealthy_after_as_many_failures_in_a_row_as_the_group_says():
    assert after(Outcome.FAILED) is State.INITIAL
    assert after(Outcome.FAILED, Outcome.FAILED) is State.UNHEALTHY
    assert after(Outcome.PASSED, Outcome.FAILED, Outcome.PASSED, Outcome.FAILED) is State.HEALTHY


def test_an_unhealthy_target_needs_several_passes_in_a_row():
    unhealthy = (Outcome.FAILED, Outcome.FAILED)
    assert after(*unhealthy, Outcome.PASSED) is State.UNHEALTHY
    assert after(*unhealthy, Outcome.PASSED, Outcome.PASSED) is State.HEALTHY


def test_a_program_that_does_not_listen_yet_is_starting():
    assert after(*[Outcome.SILENT] * 20) is State.INITIAL
    assert after(*[Outcome.SILENT] * 2, now=STARTUP_GRACE) is State.UNHEALTHY


def test_a_target_that_stops_listening_is_unhealthy():
    assert after(Outcome.PASSED, Outcome.SILENT, Outcome.SILENT) is State.UNHEALTHY


@given(st.lists(st.sampled_from(Outcome)))
def test_the_last_outcomes_alone_decide_between_healthy_and_unhealthy(outcomes: list[Outcome]):
    assert after(Outcome.PASSED, *outcomes, Outcome.PASSED, Outcome.PASSED) is State.HEALTHY
    assert after(Outcome.PASSED, *outcomes, Outcome.FAILED, Outcome.FAILED) is State.UNHEALTHY


@pytest.mark.parametrize(
    ("codes", "status", "accepted"),
    [
        ("200", 200, True),
        ("200", 204, False),
        ("200-299", 204, True),
        ("200-299", 301, False),
        ("200,301", 301, True),
        ("200, 400-404", 403, True),
        ("nonsense", 200, False),
    ],
)
def test_a_matcher_takes_codes_and_ranges(codes: str, status: int, accepted: bool):
    assert code_matches(codes, status) is accepted


def test_aws_s_waiting_times_are_shortened():
    slow = check_of({"HealthCheckIntervalSeconds": 300, "HealthCheckTimeoutSeconds": 120}, "127.0.0.1", 8080)

    assert (slow.interval, slow.timeout) == (LONGEST_INTERVAL, LONGEST_TIMEOUT)


def test_a_group_s_own_check_port_and_matcher_are_used():
    group = {"HealthCheckPort": "9090", "HealthCheckPath": "/up", "Matcher": {"HttpCode": "204"}}

    check = check_of(group, "127.0.0.1", 8080)

    assert (check.port, check.path, check.codes) == (9090, "/up", "204")


def test_the_first_verdict_is_looked_for_more_often():
    assert wait_after(Verdict(since=0), CHECK) < wait_after(Verdict(since=0, state=State.HEALTHY), CHECK)
