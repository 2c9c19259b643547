"""Where everybody lands, and the customer's overview."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from portal.accounts.access import Can, CustomerRequest, customer_page, signed_in
from portal.accounts.selectors import customers_of


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Everybody's first page: what it is depends on who they are."""
    customers = customers_of(request.user)
    if customers:
        return redirect("overview", customers[0].slug)
    return render(request, "dashboard/nowhere.html")


@customer_page(Can.VIEW)
def overview(request: CustomerRequest) -> HttpResponse:
    """What needs the customer now, and where everything runs."""
    return render(request, "dashboard/overview.html")
