"""The engineers' first page: everything that needs them, ranked."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.core.sentences import said
from portal.support.cockpit import needs
from portal.support.models import Ticket
from tests import factories


def ago(hours: float):
    return timezone.now() - timedelta(hours=hours)


def rollout(state: str, hours: float = 1, kind: str = "dev", **fields):
    deployment = factories.DeploymentFactory(
        state=state, finished_at=ago(hours), reason=said(f"It is {state}."), **fields
    )
    type(deployment.environment).objects.filter(pk=deployment.environment.pk).update(kind=kind)
    return deployment


def environment(state: str, hours: float = 1, **fields):
    return factories.EnvironmentFactory(state=state, changed_at=ago(hours), name=f"is {state}", **fields)


def test_everything_is_one_list_the_most_urgent_first(db):
    environment("planned")
    rollout("failed", kind="dev")
    factories.TicketFactory(subject="normal", waiting_since=ago(5))
    rollout("rolled_back", kind="production")
    environment("errored")
    factories.TicketFactory(subject="high", priority="high")

    assert [(item.kind, item.state) for item in needs()] == [
        ("Ticket", "open"),
        ("Environment", "errored"),
        ("Rollout", "rolled_back"),
        ("Ticket", "open"),
        ("Rollout", "failed"),
        ("Environment", "planned"),
    ]


def test_of_the_same_rank_what_waits_longest_comes_first(db):
    for hours in (1, 9, 4):
        factories.TicketFactory(subject=f"{hours} h", waiting_since=ago(hours))

    assert [item.title.split(" ", 1)[1] for item in needs()] == ["9 h", "4 h", "1 h"]


def test_what_needs_nobody_is_not_there(db):
    rollout("succeeded")
    rollout("canceled")
    rollout("failed", hours=25)
    environment("ready")
    factories.TicketFactory(state="waiting")
    factories.TicketFactory(state="closed")

    assert needs() == []


def test_a_failure_that_a_later_rollout_made_good_is_gone(db):
    bad = rollout("failed")
    factories.DeploymentFactory(placement=bad.placement, release=bad.release, state="succeeded")

    assert needs() == []


@pytest.mark.parametrize("state", ["failed", "errored", "delete_failed", "planned"])
def test_environments_that_failed_or_wait_are_there(state, db):
    row = environment(state)

    (item,) = needs()
    assert (item.title, item.state, item.customer) == (f"is {state}", state, row.customer.name)


def test_an_image_repository_that_we_fail_to_make_is_there_and_one_that_aws_refuses_is_not(db):
    ours = factories.ServiceFactory(
        repository__state="errored", repository__reason=said("Something went wrong on our side.")
    )
    factories.ServiceFactory(repository__state="wanted", repository__problem=said("AWS says no."))

    (item,) = needs()
    assert (item.kind, item.title, str(item.why)) == (
        "Image repository",
        ours.repository.name,
        "Something went wrong on our side.",
    )
    assert item.url == ours.get_absolute_url()


def test_every_line_leads_to_what_it_is_about(browse, erin, acme):
    bad = rollout("failed")
    ticket = factories.TicketFactory(customer=acme)

    page = browse(erin).get(reverse("cockpit")).content.decode()

    assert bad.get_absolute_url() in page
    assert reverse("staff_ticket", args=[ticket.pk]) in page
    assert "It is failed." in page


def test_nothing_to_do_is_said(browse, erin):
    assert "Nothing needs you" in browse(erin).get(reverse("cockpit")).content.decode()


def test_the_cockpit_takes_as_many_queries_for_much_as_for_little(
    browse, erin, bob, acme, django_assert_max_num_queries
):
    for _ in range(3):
        rollout("failed")
        environment("failed")
    Ticket.objects.bulk_create(Ticket(customer=acme, subject=f"Ticket {n}", opened_by=bob) for n in range(500))
    client = browse(erin)
    client.get(reverse("cockpit"))

    with django_assert_max_num_queries(10):
        page = client.get(reverse("cockpit")).content.decode()
    assert "At most 100 of each kind are listed." in page
