"""Customers, as in4it's engineers keep them."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache

from portal.accounts import selectors, services
from portal.accounts.access import StaffRequest, staff_page
from portal.accounts.forms import CustomerForm, SearchForm
from portal.accounts.permissions import ENGINEERS
from portal.core.errors import UserError
from portal.core.forms import show_refusal
from portal.core.htmx import page
from portal.core.lists import paginate


@staff_page(ENGINEERS)
def customers(request: StaffRequest) -> HttpResponse:
    """Every customer, searched by name or VAT number."""
    form = SearchForm(request.GET)
    found = selectors.customers(form.cleaned_data["q"] if form.is_valid() else "")
    context = {"form": form, "page": paginate(request, found)}
    return page(request, "accounts/customers.html", context, partial="list")


@staff_page(ENGINEERS)
@never_cache
def customer_new(request: StaffRequest) -> HttpResponse:
    """A new customer; its first owner is invited by mail."""
    form = CustomerForm(request.POST or None)
    if form.is_valid():
        try:
            invitation, _token = services.create_customer(**form.cleaned_data, caller=request.caller)
        except UserError as refusal:
            show_refusal(form, refusal)
        else:
            context = {"invitation": invitation, "new": True}
            return page(request, "accounts/invited.html", context, partial="invited")
    status = 422 if form.is_bound else 200
    return page(request, "accounts/customer_new.html", {"form": form}, partial="form", status=status)
