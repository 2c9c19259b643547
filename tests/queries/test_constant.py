"""How many queries a page takes: written down in baseline.json, bounded, and the same for few rows as for very many.

A page that takes fewer than written down fails too: write the better number down, in the same commit.
"""

import json
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.rows import customer
from portal.accounts.models import User

BASELINE: dict[str, int] = json.loads(Path(__file__).with_name("baseline.json").read_text())
MOST_ON_A_LIST, MOST_ON_AN_OVERVIEW = 8, 10
CUSTOMER_PAGES = (
    "",
    "services/",
    "services/?q=service-00&sort=-service",
    "services/?sort=-service",
    "deployments/",
    "deployments/?state=failed&sort=created",
    "deployments/?sort=created",
    "environments/",
    "configuration/",
    "support/",
    "billing/",
    "people/",
    "aws-accounts/",
    "audit/",
)
ENGINEER_PAGES = ("cockpit", "tickets", "customers", "fleet", "staff_audit")
FINANCE_PAGES = ("finance_month", "finance_invoices", "finance_customers")
OVERVIEWS = {"overview", "cockpit", "finance_month"}


def test_pages_take_as_many_queries_for_few_rows_as_for_very_many(erin: User, fred: User):
    few = counts(customer("small", services=3, deployments=10), "small", erin, fred)

    many = counts(customer("large", services=10_000, deployments=50_000), "large", erin, fred)

    # A list that fits on one page is not counted.
    assert {page: many[page] - few[page] for page in few if many[page] - few[page] not in (0, 1)} == {}
    assert many == BASELINE


def test_no_list_takes_more_than_eight_queries_and_no_overview_more_than_ten():
    for page, queries in BASELINE.items():
        assert queries <= (MOST_ON_AN_OVERVIEW if page in OVERVIEWS else MOST_ON_A_LIST), page


def counts(owner: User, slug: str, engineer: User, finance: User) -> dict[str, int]:
    """Queries by page, as the owner, the engineer and finance open them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as the server does by itself where rows were committed
    found = {page or "overview": asked(owner, f"/c/{slug}/{page}") for page in CUSTOMER_PAGES}
    found |= {page: asked(engineer, reverse(page)) for page in ENGINEER_PAGES}
    return found | {page: asked(finance, reverse(page)) for page in FINANCE_PAGES}


def asked(user: User, url: str) -> int:
    """The queries of the second look: the first may fill a cache."""
    client = Client()
    client.force_login(user)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200, url
    return len(queries)
