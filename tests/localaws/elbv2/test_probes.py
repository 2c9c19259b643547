"""Health checks of real servers, and what a busy machine makes of them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from provisioning.localaws.elbv2.probes import Prober, probe
from provisioning.localaws.elbv2.registry import Registry, Target
from provisioning.localaws.elbv2.strain import CALM_AFTER, Strain
from provisioning.localaws.elbv2.verdicts import Check, Outcome, Probe
from tests.localaws.elbv2.servers import OK, answer, free_port, hanging, saying
from tests.localaws.site import until

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/web/1"


def check(port: int, codes: str = "200", path: str = "/health") -> Check:
    return Check("127.0.0.1", port, path, codes, interval=1, timeout=0.5, healthy_after=1, unhealthy_after=1)


def ask(port: int, codes: str = "200", path: str = "/health") -> Probe:
    return asyncio.run(probe(check(port, codes, path)))


@pytest.mark.parametrize(
    ("said", "codes", "found"),
    [
        (OK, "200", Probe(Outcome.PASSED, 200)),
        (answer("204 No Content"), "200-299", Probe(Outcome.PASSED, 204)),
        (answer("500 Internal Server Error"), "200", Probe(Outcome.WRONG, 500)),
        (answer("302 Found", Location="/login"), "200", Probe(Outcome.WRONG, 302)),
        (answer("302 Found", Location="/login"), "200-399", Probe(Outcome.PASSED, 302)),
        (b"", "200", Probe(Outcome.SILENT)),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "200", Probe(Outcome.SILENT)),
        (b"HTTP/1.1 fine\r\n\r\n", "200", Probe(Outcome.SILENT)),
        (b"x" * 20_000, "200", Probe(Outcome.SILENT)),
    ],
)
def test_the_answer_s_own_status_decides(said: bytes, codes: str, found: Probe):
    with saying(said) as port:
        assert ask(port, codes) == found


def test_a_server_that_says_nothing_is_late():
    with hanging() as port:
        assert ask(port) == Probe(Outcome.LATE)


def test_where_nothing_listens_the_target_is_silent():
    assert ask(free_port()) == Probe(Outcome.SILENT)


def test_a_path_of_any_letters_can_be_asked_for():
    with saying(OK) as port:
        assert ask(port, path="/gesündheit?a=1&b=%20 x") == Probe(Outcome.PASSED, 200)


@contextmanager
def probing(prober: Prober) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    task = loop.create_task(prober.run())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
    thread.start()
    yield
    loop.call_soon_threadsafe(task.cancel)
    thread.join()
    loop.close()


@pytest.fixture
def registry() -> Registry:
    return Registry(lambda group: 0)


@pytest.fixture
def groups(registry: Registry) -> Iterator[dict[str, dict[str, object]]]:
    """The records of the target groups whose targets are being checked."""
    groups: dict[str, dict[str, object]] = {GROUP: {"UnhealthyThresholdCount": 2}}
    with probing(Prober(registry, groups.get, Strain(load=lambda: 0))):
        yield groups


def test_every_target_gets_a_verdict_of_its_own(registry: Registry, groups: dict[str, dict[str, object]]):
    wrong = answer("503 Service Unavailable")
    with saying(OK) as good, saying(wrong) as bad, hanging() as slow:
        targets = [Target(GROUP, "127.0.0.1", port) for port in (good, bad, slow)]
        for target in targets:
            registry.register(target, "eu-west-1a")

        until(lambda: [registry.health(each).state for each in targets] == ["healthy", "unhealthy", "unhealthy"])

        assert [registry.health(each).description for each in targets] == [
            "",
            "Health checks failed with these codes: [503]",
            "Request timed out",
        ]


def test_a_target_that_cannot_be_asked_does_not_stop_the_checks_of_others(
    registry: Registry, groups: dict[str, dict[str, object]]
):
    odd = f"{GROUP}/odd"
    groups[odd] = {"UnhealthyThresholdCount": "not a number"}
    with saying(OK) as port:
        registry.register(Target(odd, "127.0.0.1", port), "eu-west-1a")
        registry.register(Target(GROUP, "no such host..", 80), "eu-west-1a")
        registry.register(Target(GROUP, "127.0.0.1", port), "eu-west-1a")

        until(lambda: registry.health(Target(GROUP, "127.0.0.1", port)).state == "healthy")

    assert registry.health(Target(odd, "127.0.0.1", port)).state == "initial"


def test_the_targets_of_a_deleted_group_are_forgotten(registry: Registry, groups: dict[str, dict[str, object]]):
    registry.register(Target(f"{GROUP}/gone", "127.0.0.1", free_port()), "eu-west-1a")

    until(lambda: registry.of_group(f"{GROUP}/gone") == [])


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def targets(count: int) -> list[Target]:
    return [Target(GROUP, "127.0.0.1", port) for port in range(count)]


@pytest.mark.parametrize(
    ("lag", "load", "late", "of", "strained"),
    [
        (0.01, 1.0, 0, 10, False),
        (2.0, 1.0, 0, 10, True),
        (0.01, 30.0, 0, 10, True),
        (0.01, 1.0, 8, 10, True),
        (0.01, 1.0, 4, 4, False),
        (0.01, 1.0, 5, 20, False),
    ],
)
def test_a_machine_is_strained_when_it_is_late_itself_or_most_of_many_targets_are(
    lag: float, load: float, late: int, of: int, strained: bool
):
    strain = Strain(Clock(), lambda: load)
    for target in targets(late):
        strain.answered(target, late=True)

    strain.woke(lag, of)

    assert strain.is_on is strained


def test_strain_passes_after_a_calm_while():
    clock = Clock()
    strain = Strain(clock, lambda: 0)
    strain.woke(2.0, 1)

    clock.now += CALM_AFTER / 2
    strain.woke(0.0, 1)
    assert strain.is_on

    clock.now += CALM_AFTER / 2
    assert not strain.is_on


def test_targets_that_are_checked_no_more_are_no_sign_of_strain():
    strain = Strain(Clock(), lambda: 0)
    for target in targets(6):
        strain.answered(target, late=True)

    strain.keep(set(targets(2)))
    strain.woke(0.0, 2)

    assert not strain.is_on


def test_on_a_strained_machine_late_answers_do_not_fail_a_healthy_target():
    registry = Registry(lambda group: 0)
    strain = Strain(load=lambda: 99)
    group = {"HealthCheckTimeoutSeconds": 0.2, "HealthCheckIntervalSeconds": 30, "UnhealthyThresholdCount": 2}

    with hanging() as port:
        target = Target(GROUP, "127.0.0.1", port)
        registry.register(target, "eu-west-1a")
        registry.judge(target, Probe(Outcome.PASSED, 200), check(port))
        with probing(Prober(registry, {GROUP: group}.get, strain)):
            until(lambda: (verdict := registry.verdict(target)) and verdict.failures >= 3)

    assert registry.health(target).state == "healthy"


def test_a_wrong_answer_fails_a_target_on_a_strained_machine_too():
    registry = Registry(lambda group: 0)
    group = {"HealthCheckIntervalSeconds": 300, "UnhealthyThresholdCount": 2}

    with saying(answer("500 Oh")) as port:
        target = Target(GROUP, "127.0.0.1", port)
        registry.register(target, "eu-west-1a")
        with probing(Prober(registry, {GROUP: group}.get, Strain(load=lambda: 99))):
            until(lambda: registry.health(target).state == "unhealthy")
