"""Where everybody lands, and the customer's overview."""

from collections.abc import Set

from django.http import HttpResponse
from django.shortcuts import redirect, render

from deployments.availability import selectors as availability
from deployments.catalog.selectors import first_environments
from portal.accounts.access import CustomerRequest, PersonRequest, customer_page, signed_in
from portal.accounts.models import Customer
from portal.accounts.permissions import ENGINEERS, FINANCE, Can
from portal.dashboard import selectors

PLACES = 6  # environments; the page of them has the others


@signed_in
def home(request: PersonRequest) -> HttpResponse:
    """Everybody's first page: what it is depends on who they are."""
    if request.user.staff_role in ENGINEERS:
        return redirect("cockpit")
    if request.user.staff_role in FINANCE:
        return redirect("finance_month")
    memberships = request.user.own_memberships
    if memberships:
        return redirect("overview", memberships[0].customer.slug)
    return render(request, "dashboard/nowhere.html")


@customer_page(Can.VIEW)
def overview(request: CustomerRequest) -> HttpResponse:
    """What needs the customer now, and where everything runs; a checklist for a new customer."""
    return render(request, "dashboard/overview.html", _overview(request.customer, request.can))


def _overview(customer: Customer, can: Set[Can]) -> dict[str, object]:
    places = first_environments(customer, PLACES)
    rows, more = selectors.grid(customer, places)
    deployments = selectors.last_deployments(customer)
    tickets = selectors.open_tickets(customer)
    invoices = selectors.unpaid_invoices(customer) if Can.BILLING in can else []
    outages = availability.outages(customer)
    failing = {each.environment.pk for each in outages}
    deployed = any(cell and cell.digest for row in rows for _, cell in row.cells)
    return {
        "environments": places,
        "failing": failing,
        "grid": rows,
        "more_services": more,
        "deployments": deployments,
        "tickets": tickets,
        "invoices": invoices,
        "attention": selectors.attention(
            customer, can, outages=outages, places=places, tickets=tickets, invoices=invoices
        ),
        "checklist": [] if deployed else selectors.checklist(customer, places, rows, deployed),
    }
