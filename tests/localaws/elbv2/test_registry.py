"""Targets: who gets the next request, and when one that leaves may be stopped."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from provisioning.localaws.elbv2.registry import SIMULATED, Registry, Target
from provisioning.localaws.elbv2.verdicts import Check, Outcome, Probe

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/web/1"
ONE, TWO = Target(GROUP, "10.0.0.1", 80), Target(GROUP, "10.0.0.2", 80)
CHECK = Check("10.0.0.1", 80, "/", "200", interval=1, timeout=1, healthy_after=1, unhealthy_after=1)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(clock: Clock) -> Registry:
    """Its groups have a deregistration delay of 30 seconds, of which idle connections get 5."""
    return Registry(lambda group: 30, clock, longest_drain=5)


def healthy(registry: Registry, *targets: Target) -> None:
    for target in targets:
        registry.register(target, "eu-west-1a")
        registry.judge(target, Probe(Outcome.PASSED, 200), CHECK)


def unhealthy(registry: Registry, *targets: Target) -> None:
    healthy(registry, *targets)
    for target in targets:
        registry.judge(target, Probe(Outcome.WRONG, 500), CHECK)


def state(registry: Registry, target: Target) -> str:
    return registry.health(target).state


def test_a_target_is_initial_until_its_first_check_passes(registry: Registry):
    registry.register(ONE, "eu-west-1a")
    assert (state(registry, ONE), registry.take(GROUP)) == ("initial", None)

    healthy(registry, ONE)
    assert (state(registry, ONE), registry.take(GROUP)) == ("healthy", ONE)


def test_registering_again_changes_nothing(registry: Registry):
    healthy(registry, ONE)

    registry.register(ONE, "eu-west-1b")

    assert state(registry, ONE) == "healthy"
    assert registry.of_group(GROUP) == [(ONE, "eu-west-1a")]


def test_what_was_never_registered_is_unused_and_nothing_to_wait_for(registry: Registry):
    registry.deregister(ONE)

    assert registry.health(ONE) == ("unused", "Target.NotRegistered", "Target is not registered to the target group")
    assert registry.is_drained(ONE)


def test_healthy_targets_take_turns(registry: Registry):
    healthy(registry, ONE, TWO)

    assert Counter(registry.take(GROUP) for _ in range(10)) == {ONE: 5, TWO: 5}


def test_an_unhealthy_target_gets_nothing_while_another_is_healthy(registry: Registry):
    unhealthy(registry, ONE)
    healthy(registry, TWO)

    assert {registry.take(GROUP) for _ in range(5)} == {TWO}


def test_with_none_healthy_every_judged_target_is_tried_but_not_one_that_is_starting(registry: Registry):
    unhealthy(registry, ONE)
    registry.register(TWO, "eu-west-1a")

    assert {registry.take(GROUP) for _ in range(5)} == {ONE}


def test_a_request_goes_to_its_own_group(registry: Registry):
    healthy(registry, ONE)

    assert registry.take(GROUP.replace("web/1", "web/2")) is None
    assert registry.take(GROUP.replace("111111111111", "222222222222")) is None


def test_a_target_that_leaves_gets_nothing_new_and_is_drained_once_its_requests_are_answered(registry: Registry):
    healthy(registry, ONE)
    registry.take(GROUP)

    registry.deregister(ONE)

    assert registry.health(ONE) == (
        "draining",
        "Target.DeregistrationInProgress",
        "Target deregistration is in progress",
    )
    assert registry.take(GROUP) is None
    assert not registry.is_drained(ONE)
    registry.give_back(ONE)
    assert registry.is_drained(ONE)


def test_a_request_in_flight_has_the_group_s_own_delay(registry: Registry, clock: Clock):
    healthy(registry, ONE)
    registry.take(GROUP)
    registry.deregister(ONE)

    clock.now += 29
    registry.sweep()
    assert (state(registry, ONE), registry.is_drained(ONE)) == ("draining", False)

    clock.now += 1
    assert registry.is_drained(ONE)


def test_an_idle_connection_is_closed_after_the_shortened_delay(registry: Registry, clock: Clock):
    healthy(registry, ONE)
    assert registry.closes_at(ONE) is None

    registry.deregister(ONE)

    assert registry.closes_at(ONE) == clock.now + 5


def test_a_drained_target_is_shown_as_draining_until_the_shortened_delay_is_over(registry: Registry, clock: Clock):
    healthy(registry, ONE)
    registry.deregister(ONE)

    clock.now += 4
    registry.sweep()
    assert (state(registry, ONE), registry.is_drained(ONE)) == ("draining", True)

    clock.now += 1
    registry.sweep()
    assert (state(registry, ONE), registry.of_group(GROUP)) == ("unused", [])


def test_a_target_that_comes_back_starts_anew(registry: Registry, clock: Clock):
    healthy(registry, ONE)
    registry.take(GROUP)
    registry.deregister(ONE)

    registry.register(ONE, "eu-west-1b")

    assert state(registry, ONE) == "initial"
    assert registry.of_group(GROUP) == [(ONE, "eu-west-1b")]
    healthy(registry, ONE)
    assert registry.take(GROUP) == ONE


def test_an_answer_to_a_target_that_was_forgotten_meanwhile_is_not_counted_against_its_successor(
    registry: Registry,
):
    healthy(registry, ONE)
    registry.take(GROUP)
    registry.forget(ONE)
    healthy(registry, ONE)

    registry.give_back(ONE)
    registry.take(GROUP)
    registry.deregister(ONE)

    assert not registry.is_drained(ONE)


def test_a_simulated_target_is_healthy_and_never_checked(registry: Registry):
    simulated = Target(GROUP, SIMULATED, 8080)

    registry.register(simulated, "eu-west-1a")

    assert (state(registry, simulated), registry.probed()) == ("healthy", {})


def test_every_change_is_told_once_and_can_be_asked_for(registry: Registry):
    told: list[tuple[str, bool]] = []
    registry.on_change(lambda target: told.append((state(registry, target), registry.is_drained(target))))

    registry.register(ONE, "eu-west-1a")
    registry.register(ONE, "eu-west-1a")
    for _ in range(2):
        registry.judge(ONE, Probe(Outcome.PASSED, 200), CHECK)
    registry.take(GROUP)
    registry.deregister(ONE)
    registry.deregister(ONE)
    registry.give_back(ONE)

    assert told == [("initial", False), ("healthy", False), ("draining", False), ("draining", True)]


def test_no_request_is_lost_between_choosing_and_deregistering(registry: Registry):
    """From many threads: once a target is drained, nobody has it and nobody gets it."""
    healthy(registry, ONE, TWO)
    held: list[Target] = []

    def work(turn: int) -> bool:
        if turn == 200:
            registry.deregister(ONE)
        target = registry.take(GROUP)
        assert target is not None
        held.append(target)
        fine = not registry.is_drained(target)
        held.remove(target)
        registry.give_back(target)
        return fine

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(400)))

    assert registry.is_drained(ONE)
    assert registry.take(GROUP) == TWO
