"""How new tasks take the place of old ones, within minimumHealthyPercent and maximumPercent."""

from dataclasses import replace

import pytest

from provisioning.localaws.ecs.decide import Complete, decide
from provisioning.localaws.ecs.model import Deployment, Service, State, Task
from provisioning.localaws.ecs.rolling import Start, Stop
from tests.localaws.ecs.build import (
    BREAKER,
    NOW,
    alone,
    healthy,
    protected,
    rollout,
    starting,
    stopping,
    unhealthy,
    unproven,
)


def test_new_tasks_start_beside_the_old_ones_where_there_is_room():
    assert decide(rollout(*healthy("old", 2)), NOW) == [Start("new", 2)]


def test_nothing_happens_until_the_new_tasks_are_healthy():
    assert decide(rollout(*healthy("old", 2), *unproven("new", 2)), NOW) == []
    assert decide(rollout(*healthy("old", 2), *starting("new", 2)), NOW) == []


def test_each_healthy_new_task_lets_the_youngest_old_one_go():
    service = rollout(*healthy("old", 2), *healthy("new", 1), *unproven("new", 1, first=2))

    assert decide(service, NOW) == [Stop("old-2", "")]


def test_without_room_an_old_task_goes_first_as_far_as_enough_healthy_ones_stay():
    tight = {"minimum_percent": 50, "maximum_percent": 100}

    assert decide(rollout(*healthy("old", 2), **tight), NOW) == [Stop("old-2", "")]
    assert decide(rollout(*healthy("old", 1), *stopping("old", 1, first=2), **tight), NOW) == [Start("new", 1)]
    assert decide(rollout(*healthy("old", 1), *unproven("new", 1), **tight), NOW) == []


def test_unproven_tasks_do_not_count_towards_the_healthy_minimum():
    tight = {"minimum_percent": 50, "maximum_percent": 100}
    service = rollout(*healthy("old", 1), *unproven("new", 1), **tight)
    proven = rollout(*healthy("old", 1), *healthy("new", 1), **tight)

    assert decide(service, NOW) == []
    assert decide(proven, NOW) == [Stop("old-1", "")]


def test_old_tasks_that_are_not_healthy_make_room_first():
    tight = {"minimum_percent": 50, "maximum_percent": 100}
    service = rollout(*healthy("old", 1), *unproven("old", 1, first=2), **tight)

    assert decide(service, NOW) == [Stop("old-2", "")]


def test_one_task_at_0_and_100_percent_is_stopped_before_its_successor_starts():
    outage = {"minimum_percent": 0, "maximum_percent": 100, "desired": 1}

    assert decide(rollout(*healthy("old", 1), **outage), NOW) == [Stop("old-1", "")]
    assert decide(rollout(*stopping("old", 1), **outage), NOW) == [Start("new", 1)]


@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "least", "most"),
    [(2, 100, 200, 2, 4), (3, 50, 150, 2, 4), (1, 50, 150, 1, 1), (0, 100, 200, 0, 1), (10, 34, 133, 4, 13)],
)
def test_the_minimum_is_rounded_up_and_the_maximum_down(desired, minimum, maximum, least, most):
    service = alone(desired=desired, minimum_percent=minimum, maximum_percent=maximum)

    assert (service.least_healthy, service.most_live) == (least, most)


def test_a_scale_in_stops_tasks_that_are_not_proven_before_healthy_ones():
    service = alone(*healthy("new", 2), *unproven("new", 1, first=3), desired=1)

    assert decide(service, NOW) == [Stop("new-3", ""), Stop("new-2", "")]


def test_a_service_of_no_tasks_stops_all_it_has():
    service = rollout(*healthy("old", 1), *healthy("new", 1), desired=0)

    assert decide(service, NOW) == [Stop("new-1", ""), Stop("old-1", "")]


def test_a_task_that_is_gone_is_replaced():
    assert decide(alone(*healthy("new", 1)), NOW) == [Start("new", 1)]


def test_a_start_waits_for_the_growing_delay_to_pass():
    held = Deployment("new", State.COMPLETED, not_before=NOW + 5)
    service = replace(alone(*healthy("new", 1)), deployments=(held,))

    assert decide(service, NOW) == []
    assert decide(service, NOW + 5) == [Start("new", 1)]


def test_a_failed_deployment_starts_no_more_tasks():
    assert decide(alone(*healthy("new", 1), state=State.FAILED), NOW) == []


def test_an_unhealthy_task_is_stopped_for_its_reason_once_its_grace_is_over():
    service = alone(*healthy("new", 1), *unhealthy("new", "no answer", grace_until=NOW + 20, first=2))

    assert decide(service, NOW + 19) == []
    assert decide(service, NOW + 20) == [Stop("new-2", "no answer")]


def failing(count: int, first: int = 1) -> tuple[Task, ...]:
    """Tasks of the deployment `new` that were healthy before."""
    made = (unhealthy("new", "no answer", first=n)[0] for n in range(first, first + count))
    return tuple(replace(task, has_served=True) for task in made)


def test_a_task_that_was_healthy_and_fails_stays_until_another_stands_in_for_it():
    assert decide(alone(*healthy("new", 1), *failing(1, first=2)), NOW) == [Start("new", 1)]
    assert decide(alone(*healthy("new", 1), *failing(1, first=2), *unproven("new", 1, first=3)), NOW) == []
    replaced = alone(*healthy("new", 1), *failing(1, first=2), *healthy("new", 1, first=3))
    assert decide(replaced, NOW) == [Stop("new-2", "no answer")]


def test_when_all_tasks_fail_at_once_each_stays_until_another_stands_in_for_it():
    assert decide(alone(*failing(2)), NOW) == [Start("new", 2)]
    assert decide(alone(*failing(2), *unproven("new", 2, first=3)), NOW) == []
    half = alone(*failing(2), *healthy("new", 1, first=3), *unproven("new", 1, first=4))
    assert decide(half, NOW) == [Stop("new-1", "no answer")]


def test_a_failing_task_goes_first_where_there_is_no_room_for_another():
    tight = {"minimum_percent": 50, "maximum_percent": 100}

    assert decide(alone(*healthy("new", 1), *failing(1, first=2), **tight), NOW) == [Stop("new-2", "no answer")]
    crowded = (*healthy("old", 2), *failing(2))
    assert decide(rollout(*crowded), NOW) == [Stop("new-1", "no answer")]
    assert decide(rollout(*crowded[:3], *unproven("new", 1, first=3)), NOW) == []


def test_after_a_rollback_the_failed_deployment_s_unproven_tasks_go_at_once_and_its_healthy_ones_last():
    back = Deployment("old", State.IN_PROGRESS, is_rollback=True)
    failed = Deployment("new", State.FAILED, is_primary=False)
    tasks = (*healthy("old", 1), *healthy("new", 1), *unproven("new", 1, first=2))
    service = Service(2, (back, failed), tasks, breaker=BREAKER, last_good="old")

    assert decide(service, NOW) == [Stop("new-2", "")]
    assert decide(replace(service, tasks=tasks[:2]), NOW) == [Start("old", 1)]


def test_protected_old_tasks_stay_beside_healthy_new_ones_until_the_protection_ends():
    service = rollout(*protected(*healthy("old", 2), until=NOW + 60), *healthy("new", 2))

    assert decide(service, NOW) == []
    assert decide(service, NOW + 59) == []
    assert decide(service, NOW + 60) == [Stop("old-2", ""), Stop("old-1", "")]
    assert decide(replace(service, tasks=(*stopping("old", 2), *healthy("new", 2))), NOW + 60) == [Complete("new")]


def test_new_tasks_start_beside_protected_ones_as_ever():
    assert decide(rollout(*protected(*healthy("old", 2))), NOW) == [Start("new", 2)]


def test_a_protected_old_task_counts_among_those_that_serve_on():
    service = rollout(*protected(*healthy("old", 1)), *healthy("old", 1, first=2), *healthy("new", 1))

    assert decide(service, NOW) == [Stop("old-2", "")]


def test_a_protected_task_is_not_stopped_for_a_scale_in():
    service = alone(*healthy("new", 1), *protected(*healthy("new", 2, first=2)), desired=1)

    assert decide(service, NOW) == [Stop("new-1", "")]
    assert decide(replace(service, tasks=service.tasks[1:]), NOW) == []
    assert decide(replace(service, tasks=service.tasks[1:]), NOW + 60) == [Stop("new-3", "")]


def test_a_protected_task_makes_no_room_for_a_new_one():
    tight = {"minimum_percent": 50, "maximum_percent": 100}

    assert decide(rollout(*healthy("old", 1), *protected(*healthy("old", 1, first=2)), **tight), NOW) == [
        Stop("old-1", "")
    ]
    assert decide(rollout(*protected(*healthy("old", 2)), **tight), NOW) == []


def test_a_task_that_fails_its_own_checks_is_stopped_in_spite_of_its_protection():
    failed = protected(*unhealthy("new", "no answer", first=2))
    stood_in = protected(*unhealthy("old", "no answer"), *healthy("old", 1, first=2))

    assert decide(alone(*healthy("new", 1), *failed), NOW) == [Stop("new-2", "no answer")]
    assert decide(rollout(*stood_in, *unproven("new", 2)), NOW) == [Stop("old-1", "no answer")]
    served = (replace(stood_in[0], has_served=True), stood_in[1])
    assert decide(rollout(*served, *unproven("new", 2)), NOW) == []
    assert decide(rollout(*served, *healthy("new", 2)), NOW) == [Stop("old-1", "")]


def test_protected_old_tasks_serve_on_when_the_new_ones_fail_and_after_the_rollback():
    kept = protected(*healthy("old", 2))
    back = Deployment("old", State.IN_PROGRESS, is_rollback=True)
    failed = Deployment("new", State.FAILED, is_primary=False)
    rolled_back = Service(2, (back, failed), (*kept, *unproven("new", 1)), breaker=BREAKER, last_good="old")

    assert decide(rollout(*kept, *unhealthy("new"), *unproven("new", 1, first=2)), NOW) == [Stop("new-1", "failed")]
    assert decide(rolled_back, NOW) == [Stop("new-1", "")]
    assert decide(replace(rolled_back, tasks=kept), NOW) == [Complete("old")]


def test_a_deleted_service_stops_its_protected_tasks_too():
    assert decide(alone(*protected(*healthy("new", 1)), is_deleted=True), NOW) == [Stop("new-1", "")]
