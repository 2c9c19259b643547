"""Pages of long lists."""

import pytest
from django.test import RequestFactory

from portal.accounts.models import Customer
from portal.core.lists import paginate
from tests import factories


@pytest.mark.parametrize(
    ("address", "number", "shown"), [("/", 1, 2), ("/?page=2", 2, 1), ("/?page=99", 2, 1), ("/?page=x", 1, 2)]
)
def test_the_address_says_which_page_and_a_wrong_one_gives_the_nearest(db, settings, address, number, shown):
    settings.PAGE_SIZE = 2
    factories.CustomerFactory.create_batch(3)

    page = paginate(RequestFactory().get(address), Customer.objects.all())

    assert (page.number, len(page)) == (number, shown)
