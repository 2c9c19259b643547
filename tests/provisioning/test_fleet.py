"""The fleet: all environments of all customers, for engineers."""

import pytest
from django.urls import reverse

from tests import factories

FLEET = "/staff/fleet/"


@pytest.fixture
def some(db):
    for name, kind, state in (("Live", "production", "ready"), ("Try", "dev", "failed"), ("Old", "dev", "deleted")):
        customer = factories.CustomerFactory(name=f"{name} Co")
        factories.EnvironmentFactory(customer=customer, name=name, kind=kind, state=state)


def listed(answer) -> set[str]:
    return {row.environment.name for row in answer.context["table"].rows}


def test_all_environments_that_exist_are_listed_with_their_customer(some, erin, browse):
    answer = browse(erin).get(reverse("fleet"))

    assert listed(answer) == {"Live", "Try"}
    assert "Live Co" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "names"), [("kind=dev", {"Try"}), ("state=ready", {"Live"}), ("state=failed&kind=production", set())]
)
def test_filters_live_in_the_url(some, erin, browse, query, names):
    assert listed(browse(erin).get(f"{FLEET}?{query}")) == names


def test_the_fleet_is_filtered_by_customer_and_answers_with_the_list_alone(some, erin, browse):
    answer = browse(erin).get(f"{FLEET}?customer=try", HTTP_HX_REQUEST="true")

    assert listed(answer) == {"Try"}
    assert "<html" not in answer.content.decode()


def test_the_fleet_is_for_engineers(alice, fred, browse):
    assert browse(alice).get(FLEET).status_code == 404
    assert browse(fred).get(FLEET).status_code == 403
    assert browse(None).get(FLEET).status_code == 302


def test_a_long_fleet_is_paginated_in_a_constant_number_of_queries(
    acme, account, erin, browse, settings, django_assert_max_num_queries
):
    settings.PAGE_SIZE = 20
    for number in range(45):
        factories.EnvironmentFactory(customer=acme, account=account, slug=f"e{number}")
    client = browse(erin)
    first = client.get(FLEET).context["table"]

    with django_assert_max_num_queries(8):
        second = client.get(f"{FLEET}{first.after_url}").context["table"]
    assert len(second.rows) == 20
    assert len(client.get(f"{FLEET}{second.after_url}").context["table"].rows) == 5
