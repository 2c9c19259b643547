"""Customers, as in4it's engineers keep them."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache

from portal.accounts import selectors, services
from portal.accounts.access import StaffRequest, staff_page
from portal.accounts.forms import CustomerForm, CustomerSearch
from portal.accounts.lists import CUSTOMERS
from portal.accounts.permissions import ENGINEERS
from portal.core.forms import form_page, posted
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
    """A new customer; its first owner is invited by mail."""

    def create(form: CustomerForm) -> HttpResponse:
        invitation, _token = services.create_customer(**form.cleaned_data, caller=request.caller)
        return page(request, "accounts/invited.html", {"invitation": invitation, "new": True}, partial="invited")

    return form_page(request, "accounts/customer_new.html", CustomerForm(posted(request)), create)
