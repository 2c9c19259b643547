"""Whether the machine is too busy for shortened waiting times: then late answers say nothing about the targets."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from provisioning.localaws.elbv2.registry import Target

LONGEST_LAG = 0.5  # seconds that the probing loop may wake late
HIGHEST_LOAD = 16.0  # processes that want to run, for each CPU
FEWEST_LATE = 5  # targets that do not answer at once, when they are most of all
CALM_AFTER = 5.0  # seconds without a sign of strain


def load_per_cpu() -> float:
    return os.getloadavg()[0] / (os.cpu_count() or 1)


@dataclass
class Strain:
    clock: Callable[[], float] = time.monotonic
    load: Callable[[], float] = load_per_cpu
    _late: set[Target] = field(default_factory=set)
    _until: float = 0

    def woke(self, lag: float, targets: int) -> None:
        """Once a round of the loop: by how many seconds it woke late, and how many targets it checks."""
        most_are_late = len(self._late) >= FEWEST_LATE and len(self._late) * 2 > targets
        if lag > LONGEST_LAG or most_are_late or self.load() > HIGHEST_LOAD:
            self._until = self.clock() + CALM_AFTER

    def answered(self, target: Target, *, late: bool) -> None:
        if late:
            self._late.add(target)
        else:
            self._late.discard(target)

    def keep(self, targets: set[Target]) -> None:
        """Forget the others, which are checked no more."""
        self._late &= targets

    @property
    def is_on(self) -> bool:
        return self.clock() < self._until
