"""How deployments end: completed, failed, rolled back or stopped."""

from dataclasses import replace

import pytest

from provisioning.localaws.ecs.backoff import delay
from provisioning.localaws.ecs.decide import Cause, Complete, End, Fail, Forget, RollBack, Steady, decide
from provisioning.localaws.ecs.model import Breaker, Deployment, Service, State, StopType
from provisioning.localaws.ecs.rolling import Start, Stop
from tests.localaws.ecs.build import BREAKER, NOW, alone, healthy, rollout, stopping, unproven

OLD = Deployment("old", State.COMPLETED, is_primary=False)


def failing(failed: int, breaker: Breaker = BREAKER, **about: object) -> Service:
    """A rollout whose tasks failed so often."""
    new = Deployment("new", failed_tasks=failed)
    return replace(rollout(*healthy("old", 2)), deployments=(new, OLD), breaker=breaker, **about)


def test_a_deployment_completes_when_all_its_tasks_are_healthy_and_no_old_one_is_wanted():
    service = rollout(*healthy("new", 2), *stopping("old", 2))

    assert decide(service, NOW) == [Complete("new")]
    assert decide(rollout(*healthy("new", 1), *unproven("new", 1, first=2), *stopping("old", 2)), NOW) == []


def test_a_deployment_of_no_tasks_completes_at_once():
    assert decide(alone(desired=0, state=State.IN_PROGRESS), NOW) == [Complete("new")]


@pytest.mark.parametrize(("desired", "threshold"), [(1, 3), (2, 3), (6, 3), (7, 4), (25, 13), (400, 200), (1000, 200)])
def test_the_breaker_s_threshold_is_half_of_the_wanted_tasks_from_3_to_200(desired, threshold):
    assert Breaker().threshold(desired) == threshold


@pytest.mark.parametrize(
    ("kind", "value", "desired", "threshold"),
    [("COUNT", 1, 10, 1), ("COUNT", 0, 10, 1), ("UNBOUNDED_PERCENT", 10, 10, 1), ("BOUNDED_PERCENT", 100, 10, 10)],
)
def test_a_configured_threshold_counts(kind, value, desired, threshold):
    assert Breaker(kind=kind, value=value).threshold(desired) == threshold


def test_at_the_threshold_a_deployment_rolls_back_to_the_last_good_one():
    assert decide(failing(2), NOW) == [Start("new", 2)]
    assert decide(failing(3), NOW) == [RollBack("new", "old", Cause.TASKS_FAILED)]


def test_without_the_rollback_option_it_fails_and_stays():
    assert decide(failing(3, Breaker(enabled=True)), NOW) == [Fail("new", Cause.TASKS_FAILED)]


def test_without_a_breaker_it_goes_on_trying():
    assert decide(failing(100, Breaker()), NOW) == [Start("new", 2)]


@pytest.mark.parametrize("last_good", ["", "new"])
def test_with_nothing_to_go_back_to_it_fails(last_good):
    assert decide(failing(3, last_good=last_good), NOW) == [Fail("new", Cause.TASKS_FAILED)]


def test_a_rollback_that_fails_too_is_not_rolled_back():
    back = Deployment("old", failed_tasks=3, is_rollback=True)

    assert decide(Service(2, (back,), breaker=BREAKER, last_good="old"), NOW) == [Fail("old", Cause.TASKS_FAILED)]


@pytest.mark.parametrize(
    ("stop", "move"),
    [
        (StopType.ROLLBACK, RollBack("new", "old", Cause.REQUESTED)),
        (StopType.ABORT, Fail("new", Cause.ABORTED)),
    ],
)
@pytest.mark.parametrize("breaker", [BREAKER, Breaker()])
def test_a_request_to_stop_is_followed_with_and_without_a_breaker(stop, move, breaker):
    service = replace(rollout(*healthy("old", 2), *unproven("new", 2)), breaker=breaker)
    asked = replace(service, deployments=(Deployment("new", stop=stop), OLD))

    assert decide(asked, NOW) == [move]


def test_what_has_no_tasks_any_more_is_not_listed_any_longer():
    assert decide(rollout(*healthy("new", 1), *unproven("new", 1, first=2)), NOW) == [Forget("old")]


def test_a_failed_deployment_is_listed_until_its_rollback_is_over():
    back = Deployment("old", is_rollback=True)
    failed = Deployment("new", State.FAILED, is_primary=False)
    service = Service(2, (back, failed), unproven("old", 2), breaker=BREAKER, last_good="old")
    over = replace(service, deployments=(replace(back, state=State.COMPLETED), failed), tasks=healthy("old", 2))

    assert decide(service, NOW) == []
    assert decide(replace(over, is_steady=True), NOW) == [Forget("new")]


def test_a_service_that_has_its_tasks_again_is_steady_once():
    service = alone(*healthy("new", 2))

    assert decide(replace(service, is_steady=False), NOW) == [Steady()]
    assert decide(service, NOW) == []


def test_a_deleted_service_ends_when_its_last_task_is_gone():
    service = replace(alone(*healthy("new", 1), *stopping("new", 1, first=2)), is_deleted=True)

    assert decide(service, NOW) == [Stop("new-1", "")]
    assert decide(replace(service, tasks=stopping("new", 2)), NOW) == []
    assert decide(replace(service, tasks=()), NOW) == [End()]


@pytest.mark.parametrize(
    ("failures", "desired", "seconds"),
    [(0, 1, 0), (3, 1, 0), (4, 1, 1), (5, 1, 2), (6, 1, 4), (20, 30, 0), (31, 30, 1), (10_000, 1, 60)],
)
def test_the_delay_between_starts_grows_after_the_first_round_of_failures(failures, desired, seconds):
    assert delay(failures, desired) == seconds
