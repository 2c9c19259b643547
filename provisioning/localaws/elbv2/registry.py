"""Who is registered where, in which state, and with how many requests in flight. For any thread; knows no MiniStack."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from provisioning.localaws.elbv2.verdicts import (
    DRAINING,
    NOT_REGISTERED,
    Check,
    Health,
    Probe,
    State,
    Verdict,
    health_of,
    judge,
)

# The host of a task that is only simulated (no Docker engine, not our sample): healthy, and it serves nothing.
SIMULATED = "simulated"
LONGEST_DRAIN = 5.0  # seconds that an idle connection and the state "draining" last; AWS's default is 300


class Target(NamedTuple):
    group: str  # target group ARN, which tells account and region
    host: str
    port: int


@dataclass(frozen=True)
class Leaving:
    """What follows deregistration, in seconds of the clock."""

    closing_at: float  # long-lived connections are asked to end, and it is no longer shown as draining
    cut_at: float  # AWS's deregistration delay is over: what is in flight now, AWS cuts


@dataclass
class Entry:
    zone: str
    verdict: Verdict
    in_flight: int = 0
    turn: int = 0  # the request that it was given last
    leaving: Leaving | None = None


@dataclass
class Registry:
    """`delay_of` gives a target group's deregistration delay in seconds."""

    delay_of: Callable[[str], float]
    clock: Callable[[], float] = time.monotonic
    longest_drain: float = LONGEST_DRAIN
    _entries: dict[Target, Entry] = field(default_factory=dict)
    _listeners: list[Callable[[Target], None]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _turns: Iterator[int] = field(default_factory=lambda: count(1))

    def on_change(self, callback: Callable[[Target], None]) -> None:
        self._listeners.append(callback)

    def register(self, target: Target, zone: str) -> None:
        """Registering again changes nothing; a target that was leaving starts anew."""
        with self._telling(target):
            entry = self._entries.get(target)
            if entry is None:
                self._entries[target] = Entry(zone, self._first_verdict(target))
            elif entry.leaving:
                entry.leaving, entry.zone, entry.verdict = None, zone, self._first_verdict(target)

    def _first_verdict(self, target: Target) -> Verdict:
        return Verdict(self.clock(), State.HEALTHY if target.host == SIMULATED else State.INITIAL)

    def deregister(self, target: Target) -> None:
        delay = self.delay_of(target.group)
        with self._telling(target):
            entry = self._entries.get(target)
            if entry and not entry.leaving:
                now = self.clock()
                entry.leaving = Leaving(now + min(delay, self.longest_drain), now + delay)

    def health(self, target: Target) -> Health:
        with self._lock:
            entry = self._entries.get(target)
            if entry is None:
                return NOT_REGISTERED
            return DRAINING if entry.leaving else health_of(entry.verdict)

    def is_drained(self, target: Target) -> bool:
        """Whether a deregistered target may be stopped: nothing is in flight, or AWS would cut it now."""
        with self._lock:
            entry = self._entries.get(target)
            return entry is None or self._is_over(entry)

    def _is_over(self, entry: Entry) -> bool:
        return entry.leaving is not None and (entry.in_flight == 0 or self.clock() >= entry.leaving.cut_at)

    def closes_at(self, target: Target) -> float | None:
        """When connections that could last for ever must end; None while the target stays."""
        with self._lock:
            entry = self._entries.get(target)
            return entry.leaving.closing_at if entry and entry.leaving else None

    def take(self, group: str) -> Target | None:
        """The target whose turn it is, its request counted, in one step that `deregister` cannot come between.

        A healthy one; with none, any that has been judged, because AWS fails open too. None when there is none.
        """
        with self._lock:
            staying = {target: entry for target, entry in self._of(group) if not entry.leaving}
            candidates = _in_state(staying, State.HEALTHY) or _in_state(staying, State.UNHEALTHY)
            if not candidates:
                return None
            chosen = min(candidates, key=lambda target: staying[target].turn)
            staying[chosen].turn = next(self._turns)
            staying[chosen].in_flight += 1
            return chosen

    def give_back(self, target: Target) -> None:
        with self._telling(target):
            entry = self._entries.get(target)
            if entry and entry.in_flight:  # none for one that was forgotten and came back meanwhile
                entry.in_flight -= 1

    def of_group(self, group: str) -> list[tuple[Target, str]]:
        """Targets to show for the group, with their zones."""
        with self._lock:
            return [(target, entry.zone) for target, entry in self._of(group)]

    def _of(self, group: str) -> list[tuple[Target, Entry]]:
        return [(target, entry) for target, entry in self._entries.items() if target.group == group]

    def probed(self) -> dict[Target, Verdict]:
        """What to check: everything that stays and is real."""
        with self._lock:
            return {
                target: entry.verdict
                for target, entry in self._entries.items()
                if not entry.leaving and target.host != SIMULATED
            }

    def verdict(self, target: Target) -> Verdict | None:
        with self._lock:
            entry = self._entries.get(target)
            return entry.verdict if entry else None

    def judge(self, target: Target, probe: Probe, check: Check) -> None:
        with self._telling(target):
            entry = self._entries.get(target)
            if entry and not entry.leaving:
                entry.verdict = judge(entry.verdict, probe, check, self.clock())

    def sweep(self) -> None:
        """Forget those whose draining is over; to be called again and again."""
        with self._lock:
            now = self.clock()
            over = [
                target
                for target, entry in self._entries.items()
                if entry.leaving and self._is_over(entry) and now >= entry.leaving.closing_at
            ]
        for target in over:
            self.forget(target)

    def forget(self, target: Target) -> None:
        """At once, as when its target group was deleted."""
        with self._telling(target):
            self._entries.pop(target, None)

    @contextmanager
    def _telling(self, target: Target) -> Iterator[None]:
        """Tell the listeners afterwards, outside the lock, if the block changed what they can ask."""
        with self._lock:
            before = self.health(target), self.is_drained(target)
            yield
            changed = (self.health(target), self.is_drained(target)) != before
        if changed:
            for listener in list(self._listeners):
                listener(target)


def _in_state(entries: dict[Target, Entry], state: State) -> list[Target]:
    return [target for target, entry in entries.items() if entry.verdict.state is state]
