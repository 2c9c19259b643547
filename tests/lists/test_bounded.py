"""Pages stay small with very many environments, services and customers."""

import pytest

from portal.accounts.models import Customer
from provisioning.models import Environment
from tests import factories

MANY = 130


@pytest.fixture
def many_environments(acme, alice) -> None:
    """So many environments of Acme, and one service."""
    account = factories.AwsAccountFactory(customer=acme)
    Environment.objects.bulk_create(
        Environment(
            customer=acme, account=account, name=f"Place {n:03}", slug=f"e{n:03}", kind="dev", region="eu-west-1",
            state="ready", created_by=alice, aws_name=f"acme-{n}", network=f"10.{n}.0.0/16",
        )
        for n in range(MANY)
    )  # fmt: skip
    factories.ServiceFactory(customer=acme, account=account, name="api")


@pytest.mark.parametrize("address", ["/c/acme/services/", "/c/acme/configuration/"])
def test_a_table_across_environments_shows_six_of_them_and_the_way_to_the_others(
    browse, alice, many_environments, address
):
    client = browse(alice)

    first, second = client.get(address).content.decode(), client.get(f"{address}?columns=2").content.decode()

    assert [place(n) in first for n in (0, 5, 6, 129)] == [True, True, False, False]
    assert [place(n) in second for n in (5, 6, 11, 12)] == [False, True, True, False]
    assert f"Environments 1 to 6 of {MANY}" in first
    assert 'href="?columns=2"' in first
    found = client.get(f"{address}?environment=place+129").content.decode()
    assert [place(n) in found for n in (0, 128, 129)] == [False, False, True]


def place(number: int) -> str:
    return f"Place {number:03}"


def test_environments_are_shown_fifty_at_a_time(browse, alice, many_environments):
    client = browse(alice)
    first = client.get("/c/acme/environments/")

    assert first.content.decode().count("<article") == 50
    following = first.context["table"].after_url
    assert client.get(f"/c/acme/environments/{following}").content.decode().count("<article") == 50


def test_what_runs_in_an_environment_is_shown_fifty_at_a_time(browse, alice, acme):
    environment = factories.EnvironmentFactory(customer=acme, created_by=alice, slug="dev")
    for n in range(55):
        service = factories.ServiceFactory(customer=acme, account=environment.account, name=f"s{n:02}")
        factories.PlacementFactory(service=service, environment=environment)
    client = browse(alice)

    page = client.get("/c/acme/environments/dev/")
    (table,) = page.context["tables"]

    assert page.content.decode().count('class="row-link"') == 50
    assert [row.service.name for row in table.rows][:2] == ["s00", "s01"]
    rest = client.get(f"/c/acme/environments/dev/{table.after_url}")
    assert rest.content.decode().count('class="row-link"') == 5


def test_the_fleets_customer_is_searched_for_and_not_chosen_from_all(browse, erin):
    Customer.objects.bulk_create(Customer(name=f"Customer {n}", slug=f"c{n}") for n in range(200))

    page = browse(erin).get("/staff/fleet/").content.decode()

    assert "Customer 1" not in page
    assert '<input type="search" name="customer"' in page
