"""Customers, as in4it's engineers keep them."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache

from portal.accounts import selectors, services
from portal.accounts.access import ENGINEERS, StaffRequest, staff_page
from portal.accounts.forms import CustomerForm, CustomerSearch
from portal.accounts.links import link
from portal.accounts.lists import CUSTOMERS
from portal.core.errors import UserError
from portal.core.forms import show_refusal
from portal.core.htmx import page


@staff_page(ENGINEERS)
def customers(request: StaffRequest) -> HttpResponse:
    """Every customer, searched by name or VAT number."""
    filters = CustomerSearch(request.GET)
    found = selectors.customers(filters.criteria.get("q", ""))
    return CUSTOMERS.show(request, found, filters).page("accounts/customers.html")


@staff_page(ENGINEERS)
@never_cache
def customer_new(request: StaffRequest) -> HttpResponse:
    """A new customer; the answer shows the link for its first owner, this once."""
    form = CustomerForm(request.POST or None)
    if form.is_valid():
        try:
            invitation, token = services.create_customer(**form.cleaned_data, actor=request.user)
        except UserError as refusal:
            show_refusal(form, refusal)
        else:
            context = {"invitation": invitation, "link": link(token), "new": True}
            return page(request, "accounts/invited.html", context, partial="invited")
    status = 422 if form.is_bound else 200
    return page(request, "accounts/customer_new.html", {"form": form}, partial="form", status=status)
