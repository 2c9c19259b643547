"""Customers, as in4it's engineers keep them."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache

from portal.accounts import selectors, services
from portal.accounts.access import StaffRequest, staff_page
from portal.accounts.forms import CustomerForm, SearchForm
from portal.accounts.permissions import ENGINEERS
from portal.core.forms import form_page, posted
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

    def create(form: CustomerForm) -> HttpResponse:
        invitation, _token = services.create_customer(**form.cleaned_data, caller=request.caller)
        return page(request, "accounts/invited.html", {"invitation": invitation, "new": True}, partial="invited")

    return form_page(request, "accounts/customer_new.html", CustomerForm(posted(request)), create)
