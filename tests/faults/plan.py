"""What happens when in a campaign: the same for the same seed.

What a rollout must come to is known beforehand, because of all faults only one may end it: AWS's word that the portal
may not. So while that is said nothing is being prepared but one rollout, which must fail with that very sentence; those
that roll already only wait. Every other fault passes, and changes nothing about the end.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle, islice

from tests.faults.wire import Fault

SHARE = 0.5  # of the calls in a window that meet its fault
SETTLING = 0.1  # of the time: nothing new is asked for at the end


class Fate(StrEnum):
    """What becomes of a release that is asked for."""

    GOOD = "good"
    CRASHES = "crash"  # these three are faults of the sample application
    UNHEALTHY = "unhealthy"
    HANGS = "hang"
    CANCELED = "canceled"
    UNHEALTHY_CANCELED = "unhealthy, canceled"
    REFUSED = "refused"

    @property
    def is_good(self) -> bool:
        return self in {Fate.GOOD, Fate.CANCELED, Fate.REFUSED}

    @property
    def is_canceled(self) -> bool:
        return self in {Fate.CANCELED, Fate.UNHEALTHY_CANCELED}

    @property
    def fault(self) -> str:
        """Of the sample application."""
        return "" if self.is_good else self.value.partition(",")[0]


FATES = (
    *(Fate.GOOD, Fate.CRASHES, Fate.GOOD, Fate.UNHEALTHY),
    *(Fate.GOOD, Fate.CANCELED, Fate.HANGS, Fate.UNHEALTHY_CANCELED),
)


@dataclass(frozen=True)
class Form:
    """How long a campaign takes, how much it asks for, and how many services it has in each of two environments."""

    seconds: float
    rollouts: int  # with the refused ones, which come on top of the fates
    kills: int
    services: int


SHORT = Form(30, 6, 3, services=2)
LONG = Form(600, 50, 30, services=4)


class Kill:
    """The worker is killed."""


What = Fault | Fate | Kill


@dataclass(frozen=True)
class Event:
    """`what`: a fault begins (and the one before ends), a release is asked for, or the worker is killed."""

    at: float  # seconds from the beginning
    what: What


def plan(form: Form, seed: int) -> list[Event]:
    """Every fault comes equally often, in an order of its own each time; denials are few, because all else waits."""
    chance = random.Random(seed)
    rounds = max(1, round(form.seconds / 60))
    faults = [fault for _ in range(rounds) for fault in chance.sample(list(Fault), len(Fault))]
    asked = islice(cycle(FATES), form.rollouts - rounds)
    kills = [Kill() for _ in range(form.kills)]
    asking = form.seconds * (1 - SETTLING)
    events = [*_spread(faults, form.seconds), *_spread(list(asked), asking), *_spread(kills, form.seconds, chance)]
    return sorted(events, key=lambda event: event.at)


def _spread(whats: Sequence[What], seconds: float, chance: random.Random | None = None) -> Iterator[Event]:
    """Evenly over the time, or each at some moment of its share."""
    share = seconds / len(whats)
    for number, what in enumerate(whats):
        yield Event((number + (chance.random() if chance else 0)) * share, what)
