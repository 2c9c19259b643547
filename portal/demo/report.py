"""What the demo says while it works, and what it saw."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from portal.demo.traffic import Traffic

T = TypeVar("T")


class NotSeen(Exception):
    """Something that should have happened was not seen to happen; the message says what was seen instead."""


@dataclass
class Report:
    """Progress on the terminal and, at the end, the summary."""

    started: float = field(default_factory=time.monotonic)
    lines: list[str] = field(default_factory=list)
    lost: int = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Says what happens, and how long it took."""
        began = time.monotonic()
        print(f"  … {title}", flush=True)
        yield
        print(f"  ✓ {title} ({time.monotonic() - began:.1f} s)", flush=True)

    def saw(self, line: str) -> None:
        """A line of the summary."""
        self.lines.append(line)

    def count(self, title: str, traffic: Traffic) -> None:
        """What became of the requests sent during a rollout. A run in which nothing was sent proves nothing."""
        if not traffic.sent:
            raise NotSeen(f"No request was sent during the {title}.")
        self.lost += len(traffic.failures)
        versions = ", ".join(f"{count} by {version}" for version, count in sorted(traffic.answered.items()))
        self.saw(f"{title}: {traffic.sent} requests sent ({versions}), {len(traffic.failures)} failed")
        for failure in traffic.failures[:5]:
            self.saw(f"    {failure}")


def wait_until(done: Callable[[], T], seconds: float, what: str) -> T:
    """Waits for something that workers or AWS do, and returns it; NotSeen when it takes longer."""
    deadline = time.monotonic() + seconds
    while not (found := done()):
        if time.monotonic() > deadline:
            raise NotSeen(f"{what} did not happen within {seconds:.0f} seconds.")
        time.sleep(0.3)
    return found
