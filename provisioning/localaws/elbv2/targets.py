"""Targets of load balancers: registered, checked and drained, over the health board and the proxy."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple

from ministack.core.responses import request_scope
from ministack.services import alb

from provisioning.localaws import traffic
from provisioning.localaws.checks import Reaches
from provisioning.localaws.health import BOARD
from provisioning.localaws.simulated import SIMULATED
from provisioning.localaws.verdicts import State

__all__ = ["SIMULATED"]

REACHES = (Reaches("ministack.services.alb", ("_targets", "_tgs")),)
LONGEST_DRAIN = 10.0  # seconds


class Target(NamedTuple):
    group: str
    host: str
    port: int


@dataclass(frozen=True)
class Health:
    state: str
    reason: str = ""
    description: str = ""


_lock = threading.Lock()
_leaving: dict[Target, float] = {}
_callbacks: list[Callable[[Target], None]] = []


def _scope(target: Target) -> AbstractContextManager[None]:
    parts = target.group.split(":")
    found: AbstractContextManager[None] = request_scope(parts[4], parts[3])
    return found


def register(target: Target, zone: str) -> None:
    with _lock, _scope(target):
        _leaving.pop(target, None)
        entry = {"Id": target.host, "Port": target.port, "AvailabilityZone": zone}
        alb._targets[target.group] = [*_others(target), entry]


def deregister(target: Target) -> None:
    with _lock, _scope(target):
        alb._targets[target.group] = _others(target)
        _leaving[target] = time.monotonic() + LONGEST_DRAIN


def _others(target: Target) -> list[dict[str, object]]:
    mine = (target.host, target.port)
    return [each for each in alb._targets.get(target.group, []) if (each["Id"], each.get("Port")) != mine]


def is_drained(target: Target) -> bool:
    with traffic._choosing:
        busy = traffic._in_flight[target] > 0
    return not busy or time.monotonic() > _leaving.get(target, 0)


def health(target: Target) -> Health:
    verdict = BOARD.verdict(target)
    return Health(verdict.state.value, "", verdict.reason)


def on_change(callback: Callable[[Target], None]) -> None:
    """Called about when a state changed: this board does not tell, so everybody is asked to look again."""
    _callbacks.append(callback)
    if len(_callbacks) == 1:
        threading.Thread(target=_watch, daemon=True, name="localaws-target-changes").start()


def _watch() -> None:
    seen: dict[tuple[str, str, int], State] = {}
    while True:
        time.sleep(0.1)
        now = {key: verdict.state for key, verdict in dict(BOARD._verdicts).items()}
        for key in [key for key, state in now.items() if seen.get(key) is not state]:
            for callback in _callbacks:
                callback(Target(*key))
        seen = now
