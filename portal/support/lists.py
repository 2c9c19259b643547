"""The lists of tickets: a customer's, and the engineers' queue."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.core.lists import Column, Listing, moment, state, text
from portal.core.templatetags import ui
from portal.support import states
from portal.support.models import Ticket

TURNS = {states.OPEN: _("for in4it"), states.WAITING: _("for you")}


def _page(ticket: Ticket, request: HttpRequest) -> str:
    return reverse("ticket", args=[request.customer.slug, ticket.pk])  # type: ignore[attr-defined]


def _staff_page(ticket: Ticket, _request: HttpRequest) -> str:
    return reverse("staff_ticket", args=[ticket.pk])


def _urgency(ticket: Ticket) -> str:
    return gettext("Production is affected") if ticket.priority == Ticket.Priority.HIGH else gettext("Normal")


def _urgent(ticket: Ticket) -> SafeString:
    shape = "<strong>{}</strong>" if ticket.priority == Ticket.Priority.HIGH else "{}"
    return format_html(shape, _urgency(ticket))


def _turn(ticket: Ticket) -> SafeString:
    line = '{}<div class="text-secondary text-nowrap">{}</div>'
    return format_html(line, ui.state(ticket.state), TURNS.get(ticket.state, ""))


NUMBER: Column[Ticket] = text(
    "number", _("Number"), lambda row: row.pk, html=lambda row: f"#{row.pk}", sort="id", css="w-min"
)
URGENCY: Column[Ticket] = text("urgency", _("Urgency"), _urgency, html=_urgent, sort="priority")
OPENED_BY: Column[Ticket] = text("opened_by", _("Opened by"), lambda row: str(row.opened_by), sort="opened_by__name")

TICKETS: Listing[Ticket] = Listing(
    "tickets",
    _("Tickets"),
    (
        text("ticket", _("Ticket"), lambda row: row.subject, url=_page, sort="subject", first=True),
        NUMBER,
        URGENCY,
        text("state", _("State"), lambda row: ui.state_word(row.state), html=_turn, sort="state"),
        OPENED_BY,
        moment("activity", _("Last activity"), lambda row: row.updated_at, sort="updated_at"),
    ),
    order=("-updated_at",),
)
QUEUE: Listing[Ticket] = Listing(
    "tickets",
    _("Tickets"),
    (
        text("ticket", _("Ticket"), lambda row: row.subject, url=_staff_page, sort="subject", first=True, css="wide"),
        NUMBER,
        URGENCY,
        text("customer", _("Customer"), lambda row: row.customer.name, sort="customer__name"),
        state("state", _("State"), lambda row: row.state, sort="state"),
        OPENED_BY,
        text("assignee", _("Assigned to"), lambda row: str(row.assignee or ""), sort="assignee__name"),
        moment("waiting", _("Waits since"), lambda row: row.waiting_since, sort="waiting_since"),
    ),
    order=("priority", "waiting_since"),
)
