"""What needs an engineer now, as one ranked list from tickets, rollouts, environments and image repositories."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from deployments import states as rollout
from deployments.catalog import states as repository
from deployments.models import Deployment, Repository
from portal.core.work.state import Stateful
from portal.support import selectors, states
from portal.support.models import Ticket
from provisioning import states as environment
from provisioning.models import Environment

RECENT = timedelta(hours=24)
MOST = 100  # of each kind; a longer list is nobody's list


class Rank(IntEnum):
    """What comes first. Within a rank, what waits longest."""

    PRODUCTION_TICKET = 1
    OUR_ERROR = 2
    PRODUCTION_FAILURE = 3
    TICKET = 4
    FAILURE = 5
    APPROVAL = 6


@dataclass(frozen=True)
class Item:
    """A line of the cockpit."""

    rank: Rank
    since: datetime
    icon: str
    kind: str
    title: str
    customer: str
    state: str
    why: str
    url: str
    who: str = ""


def needs() -> list[Item]:
    """Everything that needs somebody of in4it, the most urgent first."""
    found = [*_tickets(), *_rollouts(), *_environments(), *_repositories()]
    return sorted(found, key=lambda item: (item.rank, item.since))


def _tickets() -> Iterator[Item]:
    for ticket in selectors.queue(state=states.OPEN)[:MOST]:
        high = ticket.priority == Ticket.Priority.HIGH
        yield Item(
            rank=Rank.PRODUCTION_TICKET if high else Rank.TICKET,
            since=ticket.waiting_since,
            icon="lifebuoy",
            kind="Ticket",
            title=str(ticket),
            customer=ticket.customer.name,
            state=ticket.state,
            why="Production is affected" if high else "",
            url=reverse("staff_ticket", args=[ticket.pk]),
            who=str(ticket.assignee or ""),
        )


def _rollouts() -> Iterator[Item]:
    """Rollouts that ended badly in the last 24 hours and that no later one of the same service made good."""
    later = Deployment.objects.filter(placement=OuterRef("placement"), id__gt=OuterRef("id"), state=rollout.SUCCEEDED)
    found = Deployment.objects.filter(state__in=rollout.ENDED_BADLY, finished_at__gte=timezone.now() - RECENT).exclude(
        Exists(later)
    )
    for row in found.select_related("customer", "service", "environment", "release__service").order_by("finished_at")[
        :MOST
    ]:
        yield Item(
            rank=_failure(row, row.environment),
            since=row.finished_at or row.created_at,
            icon="rocket",
            kind="Rollout",
            title=str(row),
            customer=row.customer.name,
            state=row.state,
            why=row.reason,
            url=row.get_absolute_url(),
        )


def _environments() -> Iterator[Item]:
    """Environments that failed, and those whose plan waits for approval."""
    bad = (environment.FAILED, environment.ERRORED, environment.DELETE_FAILED)
    found = Environment.objects.filter(state__in=(*bad, environment.PLANNED)).select_related("customer")
    for row in found.order_by("changed_at")[:MOST]:
        yield Item(
            rank=Rank.APPROVAL if row.state == environment.PLANNED else _failure(row, row),
            since=row.changed_at,
            icon="server-2",
            kind="Environment",
            title=row.name,
            customer=row.customer.name,
            state=row.state,
            why=row.reason,
            url=row.get_absolute_url(),
        )


def _repositories() -> Iterator[Item]:
    """Image repositories that a bug of ours keeps from being made; what AWS refuses is asked again by itself."""
    found = Repository.objects.filter(state=repository.ERRORED).select_related("customer", "service__customer")
    for row in found.order_by("finished_at")[:MOST]:
        yield Item(
            rank=Rank.OUR_ERROR,
            since=row.finished_at or row.created_at,
            icon="package",
            kind="Image repository",
            title=row.name,
            customer=row.customer.name,
            state=row.state,
            why=row.reason,
            url=row.service.get_absolute_url(),
        )


def _failure(row: Stateful, where: Environment) -> Rank:
    if row.state == rollout.ERRORED:
        return Rank.OUR_ERROR
    return Rank.PRODUCTION_FAILURE if where.kind == Environment.Kind.PRODUCTION else Rank.FAILURE
