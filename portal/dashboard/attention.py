"""What needs somebody now, the most urgent kind first. Each line is shown to those only who can do what it asks."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Invoice
from deployments.availability import words
from deployments.availability.endings import BadEnding
from deployments.availability.selectors import Outage
from portal.accounts.permissions import Can
from portal.support import states as ticket_states
from portal.support.models import Ticket
from provisioning import states as environment_states
from provisioning.models import Environment


@dataclass(frozen=True)
class Attention:
    """Something that needs somebody now, with the page where it is done. `note` is where it is acknowledged."""

    icon: str
    text: str
    detail: str
    url: str
    at: datetime | None = None
    severe: bool = False
    note: str = ""
    note_label: str = ""


def of_outages(slug: str, outages: Iterable[Outage], can: Set[Can]) -> Iterator[Attention]:
    """Everybody who may look sees them. They end with the outage; who looks after it may say so."""
    for each in outages:
        asks = Can.DEPLOY in can and not each.seen_by
        yield Attention(
            icon="heart-broken",
            text=words.sentence(each),
            detail=words.seen(each),
            url=reverse("environment", args=[slug, each.environment.slug]),
            at=each.since,
            severe=True,
            note=reverse("outage_seen", args=[slug, each.environment.slug]) if asks else "",
            note_label=_("I look after it"),
        )


def of_failures(slug: str, endings: Iterable[BadEnding], can: Set[Can]) -> Iterator[Attention]:
    """One line for each service and environment."""
    if Can.DEPLOY not in can:
        return
    for each in endings:
        yield Attention(
            icon="rocket-off",
            text=_not_reached(each),
            detail=each.detail,
            url=reverse("deployment", args=[slug, each.last.pk]),
            at=each.last.finished_at,
            note=reverse("deployment_acknowledge", args=[slug, each.last.pk]),
            note_label=_("Acknowledge"),
        )


def _not_reached(ending: BadEnding) -> str:
    facts = {"release": ending.last.release, "place": ending.last.environment.name, "count": ending.count}
    return (
        ngettext(
            "%(release)s did not reach %(place)s.",
            "%(release)s did not reach %(place)s: %(count)d failures in a row.",
            ending.count,
        )
        % facts
    )


def of_environments(slug: str, places: Iterable[Environment], can: Set[Can]) -> Iterator[Attention]:
    """Plans that wait, and what could not be made or deleted."""
    sentences = {
        environment_states.PLANNED: _("The plan of %(name)s waits for your approval."),
        environment_states.FAILED: _("%(name)s could not be created."),
        environment_states.DELETE_FAILED: _("%(name)s could not be deleted."),
    }
    for place in places if Can.MANAGE in can else ():
        if place.state in sentences:
            text = sentences[place.state] % {"name": place.name}
            yield Attention("server-2", text, str(place.reason), reverse("environment", args=[slug, place.slug]))


def of_tickets(slug: str, tickets: Iterable[Ticket], can: Set[Can]) -> Iterator[Attention]:
    """Those that wait for an answer of the customer."""
    for ticket in tickets if Can.ASK in can else ():
        if ticket.state == ticket_states.WAITING:
            text = _("Ticket “%(subject)s” waits for your answer.") % {"subject": ticket.subject}
            yield Attention("message", text, "", reverse("ticket", args=[slug, ticket.pk]), ticket.updated_at)


def of_invoices(slug: str, invoices: Iterable[Invoice], can: Set[Can]) -> Iterator[Attention]:
    """Those that are overdue."""
    today = timezone.localdate()
    for invoice in invoices if Can.BILLING in can else ():
        if invoice.due_on and invoice.due_on < today:
            text = _("Invoice %(number)s is overdue.") % {"number": invoice.number}
            yield Attention("receipt-euro", text, "", reverse("invoice", args=[slug, invoice.pk]))
