"""Engineers' pages: the cockpit, the queue, and a ticket with its internal notes."""

from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render

from portal.accounts.access import ENGINEERS, StaffRequest, staff_page
from portal.core import htmx
from portal.core.errors import UserError
from portal.core.forms import show_refusal
from portal.support import cockpit as need
from portal.support import limits, selectors, services, states
from portal.support.forms import NoteForm, QueueFilter, ReplyForm
from portal.support.lists import QUEUE
from portal.support.models import Ticket


@staff_page(ENGINEERS)
def cockpit(request: StaffRequest) -> HttpResponse:
    """Everything that needs an engineer now, the most urgent first."""
    return render(request, "support/cockpit.html", {"items": need.needs(), "most": need.MOST})


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
    return _page(request, _load(pk))


@staff_page(ENGINEERS)
def staff_ticket_reply(request: StaffRequest, pk: int) -> HttpResponse:
    """A message to the customer."""
    row, form = _load(pk), ReplyForm(request.POST)
    if request.method != "POST":
        return htmx.go(request, "staff_ticket", pk)
    if form.is_valid():
        try:
            limits.REPLIES.spend(request.user)
            services.reply(row, request.user, form.cleaned_data["body"], from_staff=True)
            return htmx.go(request, "staff_ticket", pk)
        except UserError as refusal:
            show_refusal(form, refusal)
    return _page(request, row, reply=form)


@staff_page(ENGINEERS)
def staff_ticket_note(request: StaffRequest, pk: int) -> HttpResponse:
    """A note among engineers; nobody is mailed."""
    row, form = _load(pk), NoteForm(request.POST)
    if request.method == "POST" and not form.is_valid():
        return _page(request, row, note=form)
    if request.method == "POST":
        services.note(row, request.user, form.cleaned_data["body"])
    return htmx.go(request, "staff_ticket", pk)


@staff_page(ENGINEERS)
def staff_ticket_assign(request: StaffRequest, pk: int) -> HttpResponse:
    """Assign to me."""
    if request.method == "POST":
        services.assign(_load(pk), request.user, request.user)
    return htmx.go(request, "staff_ticket", pk)


@staff_page(ENGINEERS)
def staff_ticket_close(request: StaffRequest, pk: int) -> HttpResponse:
    """Solved."""
    if request.method == "POST":
        services.close(_load(pk), request.user)
        messages.success(request, f"Ticket #{pk} is closed. A reply of either side opens it again.")
    return htmx.go(request, "staff_ticket", pk)


def _load(pk: int) -> Ticket:
    row = selectors.staff_ticket(pk)
    if row is None:
        raise Http404
    return row


def _page(request: StaffRequest, row: Ticket, **refused: Any) -> HttpResponse:
    """The page of a ticket; `refused` is the form, reply or note, that has to say what is wrong."""
    said: list[Any] = [*selectors.messages_with_mail(row), *selectors.notes_of(row)]
    context = {
        "ticket": row,
        "conversation": sorted(said, key=attrgetter("at")),
        "reply": ReplyForm(),
        "note": NoteForm(),
        **refused,
    }
    status = 422 if refused else 200
    return htmx.page(request, "support/staff_ticket.html", context, partial="".join(refused), status=status)
