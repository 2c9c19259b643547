"""What needs an engineer now, as one ranked list from outages, tickets, rollouts, environments and repositories.

Of everything but tickets there are few, which are read whole. Tickets are counted, and only those of a page are read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import chain
from typing import overload

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deployments import states as rollout
from deployments.availability import words
from deployments.availability.endings import bad_endings
from deployments.availability.selectors import outages
from deployments.catalog import states as repository
from deployments.models import Repository
from portal.accounts.models import User
from portal.core.work.state import Stateful
from portal.support import selectors, states
from portal.support.models import Message, Ticket
from provisioning import states as environment
from provisioning.models import Environment

MOST = 100  # of each kind but tickets; a longer list is nobody's list
EXCERPT = 160
KINDS = {
    "ticket": _("Ticket"),
    "outage": _("Outage"),
    "rollout": _("Rollout"),
    "environment": _("Environment"),
    "image_repository": _("Image repository"),
}
LATE, TOO_LATE = timedelta(hours=1), timedelta(hours=4)


class Rank(IntEnum):
    """What comes first. Within a rank, what waits longest."""

    PRODUCTION_OUTAGE = 1
    PRODUCTION_TICKET = 2
    OUR_ERROR = 3
    PRODUCTION_FAILURE = 4
    OUTAGE = 5
    TICKET = 6
    FAILURE = 7
    APPROVAL = 8


@dataclass(frozen=True)
class Item:
    """A line of the cockpit. `note` is where it is acknowledged."""

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
    priority: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        """The word for its kind."""
        return str(KINDS[self.kind])

    @property
    def age(self) -> str:
        """The class of its colour: how long it waits."""
        waits = timezone.now() - self.since
        return "text-danger" if waits > TOO_LATE else "text-warning" if waits > LATE else ""


class Ranked(Sequence[Item]):
    """The whole list, of which the tickets are read where a page of it shows them."""

    def __init__(self, others: list[Item], tickets: QuerySet[Ticket]) -> None:
        counts = tickets.order_by().aggregate(
            high=Count("pk", filter=Q(priority=Ticket.Priority.HIGH)), all=Count("pk")
        )
        before = [each for each in others if each.rank < Rank.PRODUCTION_TICKET]
        between = [each for each in others if Rank.PRODUCTION_TICKET < each.rank < Rank.TICKET]
        after = [each for each in others if each.rank > Rank.TICKET]
        high, normal = range(counts["high"]), range(counts["high"], counts["all"])
        self._places: list[Sequence[Item | int]] = [before, high, between, normal, after]
        self._tickets = tickets

    def __len__(self) -> int:
        return sum(map(len, self._places))

    @overload
    def __getitem__(self, wanted: int) -> Item: ...
    @overload
    def __getitem__(self, wanted: slice) -> list[Item]: ...
    def __getitem__(self, wanted: int | slice) -> Item | list[Item]:
        shown: list[Item | int] = list(chain.from_iterable(self._places))
        if isinstance(wanted, int):
            return self._read([shown[wanted]])[0]
        return self._read(shown[wanted])

    def _read(self, shown: list[Item | int]) -> list[Item]:
        """With the tickets at those places of the queue, which follow one another."""
        numbers = [each for each in shown if isinstance(each, int)]
        read = iter(self._tickets[numbers[0] : numbers[-1] + 1] if numbers else ())
        return [_ticket(next(read)) if isinstance(each, int) else each for each in shown]


def needs(user: User | None = None, whose: str = "") -> Ranked:
    """Everything that needs somebody of in4it, the most urgent first. `whose` tickets: "mine" (of `user`),
    "unassigned", or all. What is nobody's own is left out of "mine", but for outages."""
    tickets = selectors.queue(state=states.OPEN, assignee=user if whose == "mine" else None)
    if whose == "unassigned":
        tickets = tickets.filter(assignee=None)
    found = [*_outages()] if whose == "mine" else [*_outages(), *_rollouts(), *_environments(), *_repositories()]
    last = Message.objects.filter(ticket=OuterRef("pk")).order_by("-id").values("body")[:1]
    ordered = tickets.order_by("priority", "waiting_since", "pk").annotate(last_message=Subquery(last))
    return Ranked(sorted(found, key=lambda item: (item.rank, item.since)), ordered.defer("context"))


def _ticket(ticket: Ticket) -> Item:
    high = ticket.priority == Ticket.Priority.HIGH
    return Item(
        rank=Rank.PRODUCTION_TICKET if high else Rank.TICKET,
        since=ticket.waiting_since,
        icon="lifebuoy",
        kind="ticket",
        title=str(ticket),
        customer=ticket.customer.name,
        state=ticket.state,
        why=(getattr(ticket, "last_message", "") or "")[:EXCERPT],
        url=reverse("staff_ticket", args=[ticket.pk]),
        who=str(ticket.assignee or ""),
        priority=ticket.get_priority_display(),
    )


def _outages() -> Iterator[Item]:
    """What does not answer now."""
    for each in outages()[:MOST]:
        place = each.environment
        yield Item(
            rank=Rank.PRODUCTION_OUTAGE if each.is_production else Rank.OUTAGE,
            since=each.since,
            icon="heart-broken",
            kind="outage",
            title=words.sentence(each),
            customer=place.customer.name,
            state="unhealthy",
            why=words.seen(each),
            url=place.get_absolute_url(),
            who=str(each.seen_by or ""),
            note="" if each.seen_by else reverse("outage_seen", args=[place.customer.slug, place.slug]),
        )


def _rollouts() -> Iterator[Item]:
    """Rollouts that ended badly: one line for each service and environment."""
    for each in bad_endings(most=MOST):
        row = each.last
        yield Item(
            rank=_failure(row, row.environment),
            since=row.finished_at or row.created_at,
            icon="rocket",
            kind="rollout",
            title=f"{row} ({each.count} failures in a row)" if each.count > 1 else str(row),
            customer=row.customer.name,
            state=row.state,
            why=each.detail,
            url=row.get_absolute_url(),
            note=reverse("deployment_acknowledge", args=[row.customer.slug, row.pk]),
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
            kind="environment",
            title=row.name,
            customer=row.customer.name,
            state=row.state,
            why=str(row.reason),
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
            kind="image_repository",
            title=row.name,
            customer=row.customer.name,
            state=row.state,
            why=str(row.reason),
            url=row.service.get_absolute_url(),
        )


def _failure(row: Stateful, where: Environment) -> Rank:
    if row.state == rollout.ERRORED:
        return Rank.OUR_ERROR
    return Rank.PRODUCTION_FAILURE if where.kind == Environment.Kind.PRODUCTION else Rank.FAILURE
