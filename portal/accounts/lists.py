"""The lists of people, customers, events and of what leaves the house."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.accounts.changes import Entry
from portal.accounts.models import Customer, Invitation, Membership
from portal.core import outbox
from portal.core.lists import Column, Listing, actions, moment, number, text
from portal.core.models import Outgoing
from portal.core.templatetags.ui import NOTHING

CELLS = "accounts/cells.html"

PEOPLE: Listing[Membership] = Listing(
    "people",
    _("Members"),
    (
        text("name", _("Name"), lambda row: str(row.user), template=f"{CELLS}#member", sort="user__name", first=True),
        text("email", _("E-mail"), lambda row: row.user.email, sort="user__email"),
        text("role", _("Role"), lambda row: row.get_role_display(), template=f"{CELLS}#role", sort="role"),
        moment("since", _("Since"), lambda row: row.created_at, sort="created_at"),
        actions(f"{CELLS}#remove"),
    ),
    order=("user__name",),
)
OPEN_INVITATIONS: Listing[Invitation] = Listing(
    "invitations",
    _("Open invitations"),
    (
        text("email", _("E-mail"), lambda row: row.email, sort="email", first=True),
        text("role", _("Role"), lambda row: row.get_role_display(), sort="role"),
        text("by", _("Invited by"), lambda row: str(row.invited_by), sort="invited_by__name"),
        moment("expires", _("Expires"), lambda row: row.expires_at, sort="expires_at"),
        actions(f"{CELLS}#withdraw"),
    ),
    prefix="invitations-",
)


def _overview(customer: Customer, _request: HttpRequest) -> str:
    return reverse("overview", args=[customer.slug])


CUSTOMERS: Listing[Customer] = Listing(
    "customers",
    _("Customers"),
    (
        text("name", _("Name"), lambda row: row.name, url=_overview, sort="name", first=True),
        text("legal_name", _("Legal name"), lambda row: row.legal_name, sort="legal_name"),
        text("vat_number", _("VAT number"), lambda row: row.vat_number),
        number("people", _("People"), lambda row: row.people, sort="people"),  # type: ignore[attr-defined]
        moment("since", _("Since"), lambda row: row.created_at, sort="created_at"),
    ),
    order=("name",),
)


def _what(entry: Entry) -> SafeString:
    return format_html('{}<br><span class="text-secondary">{}</span>', entry.words, entry.event.target_name)


def _changes(entry: Entry) -> SafeString:
    """Each field with what it was and is."""
    line = '<div><span class="text-secondary">{}:</span> <del>{}</del> → <ins>{}</ins></div>'
    told = ((change.field, change.before, change.after) for change in entry.changes)
    return format_html_join("", line, told) or NOTHING


def _changes_in_words(entry: Entry) -> str:
    return "; ".join(f"{change.field}: {change.before} → {change.after}" for change in entry.changes)


def _customer(entry: Entry) -> str:
    return entry.event.customer.name if entry.event.customer else ""


AUDIT: Listing[Entry] = Listing(
    "audit",
    _("Events"),
    (
        # Events are written one after the other: their numbers sort them as their times do.
        moment("at", _("When"), lambda row: row.event.at, sort="id"),
        text("who", _("Who"), lambda row: row.event.actor_name, sort="actor_name"),
        text("customer", _("Customer"), _customer),
        text("what", _("What"), lambda row: f"{row.words}: {row.event.target_name}", html=_what, first=True),
        text("changes", _("Changes"), _changes_in_words, html=_changes, css="wide"),
    ),
)


def _about(row: Outgoing) -> str:
    return f"{outbox.words_of(row.kind)}: {row.about_name}"


def _about_lines(row: Outgoing) -> SafeString:
    whose = format_html(" · {}", row.customer.name) if row.customer else ""
    line = '{}<div class="text-secondary text-break">{}{}</div>'
    return format_html(line, outbox.words_of(row.kind), row.about_name, whose)


WHAT: tuple[Column[Outgoing], ...] = (
    text("what", _("What"), _about, html=_about_lines, first=True),
    text("problem", _("Problem"), lambda row: str(row.problem), css="wide"),
    number("tries", _("Tries"), lambda row: row.attempts, sort="attempts"),
)
STOPPED: Listing[Outgoing] = Listing(
    "stopped",
    _("What stopped"),
    (
        *WHAT,
        moment("stopped", _("Stopped"), lambda row: row.stopped_at, sort="stopped_at"),
        actions(f"{CELLS}#again"),
    ),
)
FAILING: Listing[Outgoing] = Listing(
    "failing",
    _("What failed and is tried again"),
    (*WHAT, moment("next", _("Next try"), lambda row: row.due_at, sort="due_at")),
    order=("due_at",),
    prefix="failing-",
)
