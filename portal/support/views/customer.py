"""Support pages of a customer. Internal notes are not read here, so no slip can show one."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from deployments.models import Deployment
from portal.accounts.access import CustomerRequest, customer_page, load
from portal.accounts.permissions import Can
from portal.core import htmx
from portal.core.forms import form_page, posted
from portal.support import limits, selectors, services
from portal.support.context import freeze
from portal.support.forms import ReplyForm, TicketFilter, TicketForm
from portal.support.lists import TICKETS
from portal.support.models import Ticket

TICKET = "support/ticket.html"


@customer_page(Can.VIEW)
def support(request: CustomerRequest) -> HttpResponse:
    """How to reach in4it, what is covered, and the tickets so far."""
    filters = TicketFilter(request.GET)
    wanted = filters.criteria
    found = selectors.tickets_of(request.customer, state=wanted.get("state", ""), query=wanted.get("q", ""))
    context = {
        "phone": settings.SUPPORT_PHONE,
        "email": settings.SUPPORT_EMAIL,
        "plans": selectors.plans_of(request.customer, timezone.localdate()),
    }
    return TICKETS.show(request, found, filters).page("support/support.html", context)


@customer_page(Can.ASK)
def ticket_new(request: CustomerRequest) -> HttpResponse:
    """A new ticket, about a deployment when the address names one (?deployment=)."""
    deployment = _deployment(request)
    form = TicketForm(posted(request), initial={"subject": _subject(deployment)})
    return form_page(
        request,
        "support/new.html",
        form,
        lambda form: _open(request, form, deployment),
        lambda: {"frozen": freeze(deployment) if deployment else {}},
    )


@customer_page(Can.VIEW)
def ticket(request: CustomerRequest, pk: int) -> HttpResponse:
    """The conversation, and what it is about as it was when it began."""
    context = {**_about(load(Ticket, request.customer, pk=pk)), "form": ReplyForm()}
    return htmx.page(request, TICKET, context)


@customer_page(Can.ASK)
def ticket_reply(request: CustomerRequest, pk: int) -> HttpResponse:
    """A message to in4it."""
    row = load(Ticket, request.customer, pk=pk)
    if request.method != "POST":
        return htmx.go(request, row)

    def send(form: ReplyForm) -> HttpResponse:
        limits.REPLIES.spend(request.user)
        services.reply(row, request.caller, form.cleaned_data["body"], from_staff=request.as_staff)
        return htmx.go(request, row)

    return form_page(request, TICKET, ReplyForm(request.POST), send, lambda: _about(row), partial="reply")


@customer_page(Can.ASK)
def ticket_close(request: CustomerRequest, pk: int) -> HttpResponse:
    """Solved, or no longer of interest."""
    row = load(Ticket, request.customer, pk=pk)
    if request.method == "POST":
        services.close(row, request.caller)
        messages.success(request, _("The ticket is closed. A reply opens it again."))
    return htmx.go(request, row)


def _open(request: CustomerRequest, form: TicketForm, deployment: Deployment | None) -> HttpResponse:
    limits.TICKETS.spend(request.user)
    first = services.open_ticket(
        request.customer, request.caller, deployment=deployment, from_staff=request.as_staff, **form.cleaned_data
    )
    messages.success(
        request,
        _("Ticket #%(ticket)s is open. Our engineers see it now; their answer comes by mail too.")
        % {"ticket": first.ticket.pk},
    )
    return htmx.go(request, first.ticket)


def _deployment(request: CustomerRequest) -> Deployment | None:
    pk = request.GET.get("deployment", "")
    if not pk:
        return None
    found = selectors.deployment_for_ticket(request.customer, int(pk)) if pk.isdecimal() and len(pk) < 19 else None
    if found is None:
        raise Http404
    return found


def _subject(deployment: Deployment | None) -> str:
    if deployment is None:
        return ""
    return f"{deployment.get_kind_display()} of {deployment.service.name} to {deployment.environment.name}"


def _about(row: Ticket) -> dict[str, object]:
    return {"ticket": row, "conversation": selectors.messages_of(row)}
