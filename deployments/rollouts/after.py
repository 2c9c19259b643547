"""The watch after success: a release whose tasks stop again and again is no good, whatever ECS says of it. Pure.

ECS counts a rollout as COMPLETED at the first moment in which all its tasks are healthy. A program that dies after ten
seconds, or answers only now and then, completes too; ECS then replaces its tasks for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from deployments.rollouts.explain import Stopped
from deployments.rollouts.reasons import NOT_STARTED, TAKEN_AWAY, cause_of

FEWEST = 2  # so many tasks that stopped by their own fault, or
SHARE = 10  # one of so many wanted ones, and the release goes back
LONGEST = 3  # times the usual watch: how far single stops can draw it out

# ECS's stop codes of tasks that it, a person or AWS took away: no fault of the release.
_TAKEN_AWAY = frozenset({"ServiceSchedulerInitiated", "UserInitiated", "SpotInterruption", "TerminationNotice"})


@dataclass(frozen=True)
class Stop:
    """A task of the release that stopped after its success."""

    at: datetime
    task: Stopped

    @property
    def is_own_fault(self) -> bool:
        """Whether its program ended or did not pass its checks, rather than being taken away or kept from starting."""
        if self.task.failed_health:
            return True
        cause = cause_of(self.task.words, (*NOT_STARTED, *TAKEN_AWAY))
        return self.task.stop_code not in _TAKEN_AWAY and not (cause and cause.passes)


def faults(stops: Iterable[Stop]) -> list[datetime]:
    """When tasks stopped by their own fault, oldest first."""
    return sorted(stop.at for stop in stops if stop.is_own_fault)


def is_bad(stops: Iterable[Stop], desired: int) -> bool:
    """Whether the release has to go back."""
    return len(faults(stops)) >= max(FEWEST, desired // SHARE)


def watched_until(stops: Iterable[Stop], succeeded_at: datetime, watch: timedelta) -> datetime:
    """When it counts as good: `watch` after the last fault, but not for ever."""
    quiet_since = max([succeeded_at, *faults(stops)])
    return min(quiet_since + watch, succeeded_at + LONGEST * watch)
