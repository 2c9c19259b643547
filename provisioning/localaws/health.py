"""Real health checks of load balancer targets, which MiniStack calls healthy unseen."""

import http.client
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import alb

from provisioning.localaws.checks import Reaches
from provisioning.localaws.simulated import SIMULATED
from provisioning.localaws.verdicts import (
    LONGEST_INTERVAL,
    Check,
    Outcome,
    State,
    Verdict,
    check_of,
    code_matches,
    judge,
    wait_after,
)

REACHES = (
    Reaches("ministack.core.responses", ("request_scope",)),
    Reaches("ministack.services.alb", ("_targets._data", "_tgs")),
)

log = logging.getLogger("localaws.health")
TICK = 0.1  # seconds

Key = tuple[str, str, int]  # target group ARN, host, port


def key_of(group_arn: str, target: dict[str, Any]) -> Key:
    return group_arn, str(target["Id"]), int(target.get("Port") or 80)


class HealthBoard:
    """The verdict on every registered target, kept fresh by a thread that survives its own errors."""

    def __init__(self) -> None:
        self._verdicts: dict[Key, Verdict] = {}
        self._due: dict[Key, float] = {}
        self._probing: set[Key] = set()
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="localaws-probe")

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name="localaws-health").start()

    def verdict(self, key: Key) -> Verdict:
        if key[1] == SIMULATED:
            return Verdict(since=0, state=State.HEALTHY)
        return self._verdicts.get(key) or Verdict(since=time.monotonic())

    def _run(self) -> None:
        while True:
            try:
                self._tick()
            except Exception:
                log.exception("health checks: one round failed, going on")
            time.sleep(TICK)

    def _tick(self) -> None:
        registered = dict(_registered())
        for gone in self._verdicts.keys() - registered.keys():
            self._verdicts.pop(gone, None)
            self._due.pop(gone, None)
        now = time.monotonic()
        for key, group in registered.items():
            self._verdicts.setdefault(key, Verdict(since=now))
            if key not in self._probing and self._due.get(key, 0) <= now:
                self._probing.add(key)
                self._pool.submit(self._probe, key, group)

    def _probe(self, key: Key, group: dict[str, Any]) -> None:
        self._due[key] = time.monotonic() + LONGEST_INTERVAL
        try:
            self._judge(key, check_of(group, key[1], key[2]))
        except Exception:
            log.exception("health checks: the probe of %s failed, going on", key)
        finally:
            self._probing.discard(key)

    def _judge(self, key: Key, check: Check) -> None:
        outcome, reason = probe(check)
        before = self._verdicts.get(key)
        if before is not None:
            after = judge(before, outcome, check, time.monotonic(), reason)
            self._verdicts[key] = after
            self._due[key] = time.monotonic() + wait_after(after, check)


def probe(check: Check) -> tuple[Outcome, str]:
    connection = http.client.HTTPConnection(check.host, check.port, timeout=check.timeout)
    try:
        connection.request("GET", check.path, headers={"User-Agent": "ELB-HealthChecker/2.0"})
        status = connection.getresponse().status
    except TimeoutError:
        return Outcome.FAILED, "Request timed out"
    except (OSError, http.client.HTTPException):
        return Outcome.SILENT, "Health checks failed"
    finally:
        connection.close()
    if code_matches(check.codes, status):
        return Outcome.PASSED, ""
    return Outcome.FAILED, f"Health checks failed with these codes: [{status}]"


def _registered() -> Iterator[tuple[Key, dict[str, Any]]]:
    """Every target of every account. `_targets` is scoped by account, and a thread has no account of its own."""
    for (account, arn), targets in list(alb._targets._data.items()):
        with request_scope(account, arn.split(":")[3]):
            group = alb._tgs.get(arn)
        if not group or group.get("TargetType") == "lambda":
            continue
        for target in list(targets):
            key = key_of(arn, target)
            if key[1] != SIMULATED:
                yield key, group


BOARD = HealthBoard()


def install() -> None:
    BOARD.start()
