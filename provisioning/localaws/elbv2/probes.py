"""Real health checks of every registered target, all in one event loop on a thread that survives its own errors."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from provisioning.localaws.elbv2.registry import Registry, Target
from provisioning.localaws.elbv2.strain import Strain
from provisioning.localaws.elbv2.verdicts import (
    LONGEST_INTERVAL,
    Check,
    Outcome,
    Probe,
    State,
    Verdict,
    check_of,
    code_matches,
    wait_after,
)

log = logging.getLogger("localaws.health")
TICK = 0.1  # seconds
PROBES_PER_SECOND = 100  # of settled targets, and of new ones: more of them are asked less often
LONGEST_LINE = 8192  # bytes

Group = Mapping[str, Any]


async def probe(check: Check) -> Probe:
    """Ask once, on a connection of its own."""
    try:
        async with asyncio.timeout(check.timeout):
            status = await _status(check)
    except TimeoutError:
        return Probe(Outcome.LATE)
    except (OSError, ValueError):
        return Probe(Outcome.SILENT)
    passed = code_matches(check.codes, status)
    return Probe(Outcome.PASSED if passed else Outcome.WRONG, status)


async def _status(check: Check) -> int:
    """The status of the answer. Raises OSError, or ValueError for an answer that is not HTTP."""
    reader, writer = await asyncio.open_connection(check.host, check.port, limit=LONGEST_LINE)
    try:
        writer.write(_request(check))
        version, status, *_ = (await reader.readline()).split()
        if not version.startswith(b"HTTP/"):
            raise ValueError(version)
        return int(status)
    finally:
        writer.close()


def _request(check: Check) -> bytes:
    path = quote(check.path, safe="/?&=%:@!$'()*+,;-._~")
    return (
        f"GET {path} HTTP/1.1\r\nHost: {check.host}:{check.port}\r\n"
        "User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\nConnection: close\r\n\r\n"
    ).encode()


class Prober:
    """Keeps the registry's verdicts fresh. `group_of` gives a target group's record, None once it is deleted."""

    def __init__(self, registry: Registry, group_of: Callable[[str], Group | None], strain: Strain) -> None:
        self._registry = registry
        self._group_of = group_of
        self._strain = strain
        self._due: dict[Target, float] = {}
        self._asking: dict[Target, asyncio.Task[None]] = {}

    def start(self) -> None:
        threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True, name="localaws-health").start()

    async def run(self) -> None:
        now = asyncio.get_running_loop().time
        lag = 0.0
        while True:
            try:
                self._round(now(), lag)
            except Exception:
                log.exception("health checks: one round failed, going on")
            before = now()
            await asyncio.sleep(TICK)
            lag = now() - before - TICK

    def _round(self, now: float, lag: float) -> None:
        self._registry.sweep()
        verdicts = self._registry.probed()
        self._forget_all_but(set(verdicts))
        self._strain.woke(lag, len(verdicts))
        new = sum(verdict.state is State.INITIAL for verdict in verdicts.values())
        for target, verdict in verdicts.items():
            if target not in self._asking and self._due.get(target, 0) <= now:
                crowd = new if verdict.state is State.INITIAL else len(verdicts) - new
                self._ask(target, verdict, crowd / PROBES_PER_SECOND)

    def _forget_all_but(self, targets: set[Target]) -> None:
        self._strain.keep(targets)
        for gone in self._due.keys() - targets:
            del self._due[gone]

    def _ask(self, target: Target, verdict: Verdict, pace: float) -> None:
        group = self._group_of(target.group)
        if group is None:
            self._registry.forget(target)
            return
        self._due[target] = asyncio.get_running_loop().time() + LONGEST_INTERVAL
        task = asyncio.get_running_loop().create_task(self._probe(target, group, pace))
        self._asking[target] = task
        task.add_done_callback(lambda done: self._asked(target, done))

    def _asked(self, target: Target, task: asyncio.Task[None]) -> None:
        self._asking.pop(target, None)
        if not task.cancelled() and task.exception():
            log.error("health checks: the probe of %s failed, going on", target, exc_info=task.exception())

    async def _probe(self, target: Target, group: Group, pace: float) -> None:
        hurried = not self._strain.is_on
        found = await probe(check_of(group, target.host, target.port, hurried=hurried))
        late = found.outcome is Outcome.LATE
        self._strain.answered(target, late=late)
        # A wrong answer that came says the same on a busy machine.
        judged_hurried = found.outcome is Outcome.WRONG or not self._strain.is_on
        check = check_of(group, target.host, target.port, hurried=judged_hurried)
        # Late by a shortened time on a machine that turned out to be too busy for it: that says nothing.
        if not (late and hurried and self._strain.is_on):
            self._registry.judge(target, found, check)
        verdict = self._registry.verdict(target)
        if verdict:
            wait = max(wait_after(verdict, check), min(pace, float(group.get("HealthCheckIntervalSeconds", 30))))
            self._due[target] = asyncio.get_running_loop().time() + wait
