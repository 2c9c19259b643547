"""What lives in environments, by a protocol that the app above registers: provisioning knows none of its tables."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any, Protocol

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from portal.core.lists import Table


@dataclass(frozen=True)
class Guest:
    """A service in an environment: what its pages show, and what it holds at AWS."""

    service: str
    release: str = ""  # what serves now; empty where nothing was deployed
    health: str = "unknown"
    running: int = 0
    desired: int = 0
    since: datetime | None = None
    ecs_service: str = ""
    target_group_arn: str = ""


@dataclass(frozen=True)
class Health:
    """How the services of an environment are: those that were deployed, that do not answer, and that lack tasks."""

    placed: int = 0
    failing: int = 0
    unhealthy: int = 0
    since: datetime | None = None  # the oldest that does not answer
    asked: int = 0  # how often those with an address were asked this month, and how often they answered
    answered: int = 0

    @property
    def percent(self) -> float | None:
        """How often those with an address answered this month; None when none was asked."""
        return 100 * self.answered / self.asked if self.asked else None

    @property
    def state(self) -> str:
        """One of portal/core/looks.py."""
        if not self.placed:
            return "unknown"
        return "unhealthy" if self.failing or self.unhealthy else "healthy"


class Guests(Protocol):
    """What an app that puts something into environments answers about one of them."""

    def living_in(self, environment_id: int) -> Iterable[Guest]:
        """What was placed there, by name."""

    def table_of(self, environment_id: int, request: HttpRequest) -> Table[Any]:
        """What was placed there, as a list for a page."""

    def arriving_in(self, environment_id: int) -> Iterable[str]:
        """The names of what is being rolled out there now."""

    def unsettled_in(self, environment_id: int) -> Iterable[str]:
        """The names of what has asked its Consul for something of which the end is not known yet."""

    def health_of(self, environment_ids: Collection[int]) -> Mapping[int, Health]:
        """How what runs in each of these is, in one query; without those in which nothing runs."""

    def failing(self, environment: OuterRef) -> Exists:
        """Whether something does not answer in the environment of an outer query."""

    def forget(self, environment_id: int) -> None:
        """The environment is gone, and with it all that ran there."""


_known: list[Guests] = []


def register(guests: Guests) -> None:
    """Called once by each app that puts something into environments, when it is ready."""
    _known.append(guests)


def living_in(environment_id: int) -> list[Guest]:
    """Everything that was placed in the environment."""
    return list(chain.from_iterable(each.living_in(environment_id) for each in _known))


def tables_of(environment_id: int, request: HttpRequest) -> list[Table[Any]]:
    """The lists of what was placed in the environment; however much that is, a page of each."""
    return [each.table_of(environment_id, request) for each in _known]


def arriving_in(environment_id: int) -> list[str]:
    """The names of what is being rolled out to the environment now."""
    return sorted(chain.from_iterable(each.arriving_in(environment_id) for each in _known))


def unsettled_in(environment_id: int) -> list[str]:
    """The names of what waits for the environment's Consul to tell how a save ended."""
    return sorted(set(chain.from_iterable(each.unsettled_in(environment_id) for each in _known)))


def health_of(environment_ids: Collection[int]) -> dict[int, Health]:
    """How the services of each of these environments are."""
    found: dict[int, Health] = dict.fromkeys(environment_ids, Health())
    for each in _known:
        found.update(each.health_of(environment_ids))
    return found


def failing() -> Q:
    """For environments: those in which something does not answer."""
    return reduce(or_, (Q(each.failing(OuterRef("pk"))) for each in _known), Q(pk__in=[]))


def forget(environment_id: int) -> None:
    """Tells everybody that the environment is gone."""
    for each in _known:
        each.forget(environment_id)
