"""Shares: how many of a worker's threads work for the same thing at once, so that nobody waits for another's AWS.

A share has a key; all work with the same key shares it (an AWS account, see `TaskTurn.SHARE`). Whoever works holds the
share meanwhile; what finds it full is sent again a moment later. While the other side is in trouble (it does not
answer, or asks to slow down) a single thread works for the key, all keys in trouble together get half of the threads,
and the next look is due later each time, until it answers again.

All of this counts per process: two workers may give a key twice as much.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings

LONGEST_PAUSE = 15.0  # seconds between two looks at what is in trouble
MOST_TROUBLE = 4  # so that it is over, too, after a few good looks
FIRST_WAIT, WAIT_FOR_EACH, LONGEST_WAIT = 0.2, 0.05, 5.0  # seconds until what found its share full is sent again


class Full(Exception):
    """As many threads as may work for this key now: try again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__("its share of the worker is full")
        self.seconds = seconds


@dataclass
class Hold:
    """One piece of work that holds a share, and what it finds out about the other side."""

    key: str
    trouble: bool = False
    answered: bool = False

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Its time begins anew."""
        self._ends = time.monotonic() + settings.WORK_STEP_SECONDS

    @property
    def is_over(self) -> bool:
        """Whether its time is up: nothing more is asked of the other side."""
        return time.monotonic() > self._ends


_current: ContextVar[Hold | None] = ContextVar("share", default=None)


def current() -> Hold | None:
    """What the present thread holds; None where no worker is at work, on a page for instance."""
    return _current.get()


class Shares:
    """The shares of one process with so many `threads`."""

    def __init__(self, threads: int) -> None:
        self._most_each = max(1, threads // 5)  # four keys leave threads to others
        self._most_in_trouble = max(1, threads // 2)
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Begins anew, with nobody at work and no trouble."""
        self._busy: Counter[str] = Counter()
        self._turned_away: Counter[str] = Counter()  # by key, since one of its holds ended
        self._trouble: Counter[str] = Counter()  # by key: looks in a row that met with it, less those that went well
        self._in_trouble: set[str] = set()  # keys whose last look met with it

    @contextmanager
    def hold(self, key: str) -> Iterator[Hold]:
        """Around work for `key`; the empty key has no bound. Raises Full when the work is to be done later."""
        hold = Hold(key)
        self._enter(key)
        token = _current.set(hold)
        try:
            yield hold
        finally:
            _current.reset(token)
            self._leave(hold)

    def pace(self, key: str, seconds: float) -> float:
        """The seconds until the next look at what `key` is about, where they are `seconds` without trouble."""
        return max(seconds, min(seconds * 2.0 ** self._trouble[key], LONGEST_PAUSE))

    def is_in_trouble(self, key: str) -> bool:
        """Whether the last work for it met with trouble: a single thread works for it, which may wait longer."""
        return key in self._in_trouble

    def _enter(self, key: str) -> None:
        with self._lock:
            if key and not self._has_room(key):
                self._turned_away[key] += 1
                raise Full(_wait(self._turned_away[key]))
            self._busy[key] += 1

    def _has_room(self, key: str) -> bool:
        if not self.is_in_trouble(key):
            return self._busy[key] < self._most_each
        return not self._busy[key] and sum(self._busy[each] for each in self._in_trouble) < self._most_in_trouble

    def _leave(self, hold: Hold) -> None:
        with self._lock:
            self._busy[hold.key] -= 1
            del self._turned_away[hold.key]
            self._learn(hold)
            for counts in (self._busy, self._trouble):
                if not counts[hold.key]:
                    del counts[hold.key]

    def _learn(self, hold: Hold) -> None:
        if not hold.key:
            return
        if hold.trouble:
            self._in_trouble.add(hold.key)
            self._trouble[hold.key] = min(self._trouble[hold.key] + 1, MOST_TROUBLE)
        elif hold.answered:
            self._in_trouble.discard(hold.key)
            self._trouble[hold.key] = max(self._trouble[hold.key] - 1, 0)


def _wait(turned_away: int) -> float:
    """Longer the more of them wait, and never the same for two that were turned away together."""
    return min(FIRST_WAIT + WAIT_FOR_EACH * turned_away, LONGEST_WAIT) * random.uniform(0.5, 1.5)  # noqa: S311


shares = Shares(settings.WORKER_THREADS)
