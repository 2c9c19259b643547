"""Every list of the portal exports what it shows, in its order, for those who may see the page."""

import csv
import re

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.core import outbox
from portal.core.models import Outgoing
from portal.core.sentences import said
from tests.access.conftest import refusing_aws, world  # noqa: F401 - one of everything, AWS and Consul away
from tests.access.world import World

PLACE = "configuration/api/dev/"
# Who reads it, its address, and what stands before its parameters.
LISTS = [
    ("owner", "/c/acme/services/", ""),
    ("owner", "/c/acme/services/api/", ""),
    ("owner", "/c/acme/services/api/?tab=releases", ""),
    ("owner", "/c/acme/deployments/", ""),
    ("owner", "/c/acme/environments/", ""),
    ("owner", "/c/acme/environments/dev/", "services-"),
    ("owner", "/c/acme/configuration/", ""),
    ("owner", f"/c/acme/{PLACE}", "changes-"),
    ("owner", f"/c/acme/{PLACE}history/", ""),
    ("owner", "/c/acme/aws-accounts/", ""),
    ("owner", "/c/acme/people/", ""),
    ("owner", "/c/acme/people/", "invitations-"),
    ("owner", "/c/acme/audit/", ""),
    ("owner", "/c/acme/billing/", ""),
    ("owner", "/c/acme/billing/", "applications-"),
    ("owner", "/c/acme/support/", ""),
    ("engineer", "/staff/tickets/", ""),
    ("engineer", "/staff/customers/", ""),
    ("engineer", "/staff/fleet/", ""),
    ("engineer", "/staff/audit/", ""),
    ("engineer", "/staff/queues/", ""),
    ("engineer", "/staff/queues/", "failing-"),
    ("finance", "/staff/finance/invoices/", ""),
    ("finance", "/staff/finance/customers/", ""),
]
CARDS = {"/c/acme/environments/", "/c/acme/services/"}  # drawn as cards and as the grid


@pytest.fixture
def full(world: World) -> World:  # noqa: F811
    """The world of the access walk, with something in each list."""
    stopped = Outgoing.objects.filter(pk=world.rows["outgoing"].pk)
    stopped.update(stopped_at="2026-01-01T00:00Z", attempts=10, problem=said("no server"))
    failing = outbox.put("accounts.invitation", outbox.MAIL, world.rows["invitation"])
    Outgoing.objects.filter(pk=failing.pk).update(attempts=2, problem=said("slow"))
    client = Client()
    client.force_login(world.people["engineer"])
    client.get("/c/acme/people/")  # for the audit log
    return world


@pytest.mark.parametrize(("who", "address", "prefix"), LISTS)
def test_it_exports_what_it_shows(full: World, who: str, address: str, prefix: str) -> None:
    client = _client(full.people[who])
    glue = "&" if "?" in address else "?"
    page = client.get(address)
    table = _table(page, prefix)

    answer = client.get(f"{address}{glue}{prefix}export=csv")
    labels, *rows = csv.reader(b"".join(answer.streaming_content).decode().splitlines())

    assert labels == [str(column.label) for column in table.columns if column.exported]
    assert len(rows) == len(table.rows) == table.count >= 1
    assert rows[0][0]
    shown = page.content.decode()
    assert f"{prefix}export=csv" in shown
    if address not in CARDS:
        heads = re.findall(r'<th role="columnheader".*?</th>', shown, flags=re.DOTALL)
        assert all(any(label in head for head in heads) for label in labels)
        assert all(f'data-label="{label}"' in shown for label in labels if not _first(table, label))


@pytest.mark.parametrize(("who", "address", "prefix"), LISTS)
def test_each_order_it_offers_works_both_ways_and_takes_few_queries(
    full: World, who: str, address: str, prefix: str, django_assert_max_num_queries
) -> None:
    client = _client(full.people[who])
    glue = "&" if "?" in address else "?"
    table = _table(client.get(address), prefix)

    for key in [column.key for column in table.columns if column.sort]:
        for sort in (key, f"-{key}"):
            with django_assert_max_num_queries(12):
                answer = client.get(f"{address}{glue}{prefix}sort={sort}")
            assert _table(answer, prefix).sort == sort
            assert len(_table(answer, prefix).rows) == len(table.rows)


@pytest.mark.parametrize(("who", "address", "prefix"), LISTS)
def test_the_file_is_for_those_who_may_see_the_page(full: World, who: str, address: str, prefix: str) -> None:
    glue = "&" if "?" in address else "?"
    stranger = _client(full.people["stranger"])

    assert stranger.get(f"{address}{glue}{prefix}export=csv").status_code == 404


def _client(user: User | None) -> Client:
    client = Client()
    assert user is not None
    client.force_login(user)
    return client


def _table(page, prefix: str):
    """The table of that prefix among what the page was drawn of."""
    found = [value for layer in page.context for each in layer.dicts for value in _values(each)]
    return next(table for table in found if getattr(getattr(table, "listing", None), "prefix", None) == prefix)


def _values(context):
    for value in context.values():
        yield from value if isinstance(value, list) else [value]


def _first(table, label: str) -> bool:
    return any(column.first for column in table.columns if str(column.label) == label)
