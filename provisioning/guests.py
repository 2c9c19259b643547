"""What lives in environments, by a protocol that the app above registers: provisioning knows none of its tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Protocol

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


def forget(environment_id: int) -> None:
    """Tells everybody that the environment is gone."""
    for each in _known:
        each.forget(environment_id)
