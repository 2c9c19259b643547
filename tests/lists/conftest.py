"""A list of customers, as a page would declare one, and somebody who reads it."""

from collections.abc import Callable

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.template import Context, engines
from django.test import RequestFactory

from portal.accounts.models import Customer
from portal.core.lists import Filters, Listing, Table, moment, search, text
from portal.core.lists.columns import actions

CUSTOMERS: Listing[Customer] = Listing(
    "customers",
    "Customers",
    (
        text("name", "Name", lambda row: row.name, sort="name", url=lambda row, _: f"/c/{row.slug}/", first=True),
        text("city", "City", lambda row: row.city, sort="city"),
        text("legal", "Legal name", lambda row: row.legal_name),
        moment("since", "Since", lambda row: row.created_at, sort="created_at"),
        actions("components/progress.html"),
    ),
)


class CustomerFilters(Filters):
    """A search, and a choice that is made unless another is."""

    q = search("Search")
    day = forms.DateField(required=False)
    kind = forms.ChoiceField(required=False, initial="all", choices=[("all", "All"), ("big", "Big")])


class PlaceFilters(Filters):
    """Filters of a table that has a column for each environment."""

    q = search("Service")
    environment = search("Environment")


def show(address: str = "", **options) -> Table[Customer]:
    """The list at that address."""
    request = RequestFactory().get(f"/{address}")
    request.user = AnonymousUser()
    filters = CustomerFilters(request.GET)
    found = Customer.objects.filter(name__icontains=filters.criteria.get("q", ""))
    return CUSTOMERS.show(request, found, filters, **options)


def drawn(table: Table[Customer]) -> str:
    template = engines["django"].from_string("{% table table %}Nothing at all.{% endtable %}").template
    return template.render(Context({"table": table, "request": table.request}))


@pytest.fixture
def cities(db, settings) -> Callable[..., list[Customer]]:
    """Makes a customer in each of these cities, in pages of two."""
    settings.PAGE_SIZE = 2

    def make(*named: str) -> list[Customer]:
        return [
            Customer.objects.create(name=f"Customer {at}", slug=f"c{at}", city=city) for at, city in enumerate(named, 1)
        ]

    return make
