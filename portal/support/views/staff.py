"""Engineers' pages: the cockpit, the queue, and a ticket with its internal notes."""

from operator import attrgetter

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from portal.accounts.access import StaffRequest, staff_page
from portal.accounts.permissions import ENGINEERS
from portal.core import htmx
from portal.core.forms import form_page
from portal.support import cockpit as need
from portal.support import limits, selectors, services, states
from portal.support.forms import CockpitFilter, NoteForm, QueueFilter, ReplyForm
from portal.support.lists import QUEUE
from portal.support.models import InternalNote, Message, Ticket

TICKET = "support/staff_ticket.html"


@staff_page(ENGINEERS)
def cockpit(request: StaffRequest) -> HttpResponse:
    """Everything that needs an engineer now, the most urgent first."""
    filters = CockpitFilter(request.GET)
    found = Paginator(need.needs(request.user, filters.criteria.get("whose", "")), settings.PAGE_SIZE)
    context = {"page": found.get_page(request.GET.get("page")), "filter": {"form": filters}}
    return htmx.page(request, "support/cockpit.html", context, partial="list")


@staff_page(ENGINEERS)
def tickets(request: StaffRequest) -> HttpResponse:
    """The queue: production first, then who waits longest."""
    filters = QueueFilter(request.GET)
    wanted = filters.criteria
    state = "" if wanted["state"] == "all" else wanted["state"]
    assignee = request.user if "whose" in wanted else None
    found = selectors.queue(state=state, priority=wanted.get("priority", ""), assignee=assignee)
    order = ["-closed_at"] if state == states.CLOSED else []
    return QUEUE.show(request, found, filters, order=order).page("support/tickets.html")


@staff_page(ENGINEERS)
def staff_ticket(request: StaffRequest, pk: int) -> HttpResponse:
    """The conversation with its internal notes, what it is about then and now."""
    return htmx.page(request, TICKET, _about(_load(pk)))


@staff_page(ENGINEERS)
def staff_ticket_reply(request: StaffRequest, pk: int) -> HttpResponse:
    """A message to the customer."""
    row = _load(pk)
    if request.method != "POST":
        return htmx.go(request, "staff_ticket", pk)

    def send(form: ReplyForm) -> HttpResponse:
        limits.REPLIES.spend(request.user)
        services.reply(row, request.caller, form.cleaned_data["body"], from_staff=True)
        return htmx.go(request, "staff_ticket", pk)

    form = ReplyForm(request.POST)
    return form_page(request, TICKET, form, send, lambda: _about(row), partial="reply", name="reply")


@staff_page(ENGINEERS)
def staff_ticket_note(request: StaffRequest, pk: int) -> HttpResponse:
    """A note among engineers; nobody is mailed."""
    row = _load(pk)
    if request.method != "POST":
        return htmx.go(request, "staff_ticket", pk)

    def keep(form: NoteForm) -> HttpResponse:
        services.note(row, request.caller, form.cleaned_data["body"])
        return htmx.go(request, "staff_ticket", pk)

    form = NoteForm(request.POST)
    return form_page(request, TICKET, form, keep, lambda: _about(row), partial="note", name="note")


@staff_page(ENGINEERS)
def staff_ticket_assign(request: StaffRequest, pk: int) -> HttpResponse:
    """Assign to me."""
    if request.method == "POST":
        services.assign(_load(pk), request.user, request.caller)
    return htmx.go(request, "staff_ticket", pk)


@staff_page(ENGINEERS)
def staff_ticket_close(request: StaffRequest, pk: int) -> HttpResponse:
    """Solved."""
    if request.method == "POST":
        services.close(_load(pk), request.caller)
        messages.success(request, _("Ticket #%(pk)s is closed. A reply of either side opens it again.") % {"pk": pk})
    return htmx.go(request, "staff_ticket", pk)


def _load(pk: int) -> Ticket:
    row = selectors.staff_ticket(pk)
    if row is None:
        raise Http404
    return row


def _about(row: Ticket) -> dict[str, object]:
    """What the page of a ticket shows."""
    said: list[Message | InternalNote] = [*selectors.messages_with_mail(row), *selectors.notes_of(row)]
    conversation = sorted(said, key=attrgetter("at"))
    return {"ticket": row, "conversation": conversation, "reply": ReplyForm(), "note": NoteForm()}
