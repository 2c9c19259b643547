"""The engineers' first page: everything that needs them, ranked."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from portal.core.sentences import said
from portal.support.cockpit import needs
from portal.support.models import Message, Ticket
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
        ("ticket", "open"),
        ("environment", "errored"),
        ("rollout", "rolled_back"),
        ("ticket", "open"),
        ("rollout", "failed"),
        ("environment", "planned"),
    ]


def test_of_the_same_rank_what_waits_longest_comes_first(db):
    for hours in (1, 9, 4):
        factories.TicketFactory(subject=f"{hours} h", waiting_since=ago(hours))

    assert [item.title.split(" ", 1)[1] for item in needs()] == ["9 h", "4 h", "1 h"]


def test_what_needs_nobody_is_not_there(db):
    rollout("succeeded")
    rollout("canceled")
    rollout("failed", hours=24 * 7 + 1)
    environment("ready")
    factories.TicketFactory(state="waiting")
    factories.TicketFactory(state="closed")

    assert list(needs()) == []


def test_a_failure_that_a_later_rollout_made_good_is_gone(db):
    bad = rollout("failed")
    factories.DeploymentFactory(placement=bad.placement, release=bad.release, state="succeeded")

    assert list(needs()) == []


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
        "image_repository",
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
    assert page.count("<tr ") == settings.PAGE_SIZE
    assert f"of {len(needs())}" in page


def outage(*names: str, kind: str = "production", **fields):
    """Services that do not answer in one environment."""
    place = factories.EnvironmentFactory(name=kind.capitalize(), slug=kind, kind=kind, **fields)
    for name in names:
        service = factories.ServiceFactory(customer=place.customer, account=place.account, name=name)
        factories.PlacementFactory(
            service=service,
            environment=place,
            release=factories.ReleaseFactory(service=service),
            failing_since=ago(0.1),
        )
    return place


def test_a_production_outage_tops_everything(db):
    factories.TicketFactory(subject="high", priority="high", waiting_since=ago(9))
    outage("api", kind="dev")
    outage("shop", "api")

    assert [item.title.split(",")[0].split(" ", 1)[1] for item in needs()] == [
        "and shop do not answer in Production",
        "high",
        "does not answer in Dev",
    ]


def test_an_outage_is_seen_by_somebody_and_stays(browse, erin):
    place = outage("shop")
    browse(erin).post(reverse("outage_seen", args=[place.customer.slug, place.slug]), {"next": reverse("cockpit")})

    (item,) = needs()
    assert (item.who, item.why, item.note) == ("Erin", "Seen by Erin.", "")


def test_failures_of_one_place_are_one_line_with_their_count(db):
    first = rollout("failed", hours=3)
    last = factories.DeploymentFactory(
        placement=first.placement, release=first.release, state="rolled_back", finished_at=ago(1)
    )

    (item,) = needs()
    assert (item.title, item.url) == (f"{last} (2 failures in a row)", last.get_absolute_url())


def test_whose_tickets_are_shown_can_be_chosen(erin):
    factories.TicketFactory(subject="hers", assignee=erin)
    factories.TicketFactory(subject="nobody's")
    rollout("failed")

    def shown(whose: str) -> list[str]:
        return [item.title.split(" ", 1)[1] for item in needs(erin, whose) if item.kind == "ticket"]

    assert (shown("mine"), shown("unassigned"), len(shown(""))) == (["hers"], ["nobody's"], 2)
    assert len(needs(erin, "mine")) == 1


def test_a_ticket_shows_its_last_message_and_its_priority(bob):
    ticket = factories.TicketFactory(priority="high")
    for body in ("It began at nine.", "It is worse now."):
        Message.objects.create(ticket=ticket, author=bob, from_staff=False, body=body)

    (item,) = needs()
    assert (item.why, item.priority) == ("It is worse now.", "High: production is affected")


@pytest.mark.parametrize(("hours", "css"), [(0.5, ""), (2, "text-warning"), (5, "text-danger")])
def test_what_waits_long_is_coloured(hours, css, db):
    factories.TicketFactory(waiting_since=ago(hours))

    assert needs()[0].age == css


def test_every_page_shows_what_comes_next_in_the_one_list(db):
    rollout("failed")
    outage("shop")
    for n in range(5):
        factories.TicketFactory(subject=str(n), waiting_since=ago(10 - n), priority="high" if n < 2 else "normal")
    whole = needs()

    kinds = [item.kind for start in range(0, 8, 3) for item in whole[start : start + 3]]

    assert kinds == ["outage", *["ticket"] * 5, "rollout"]
    assert [item.title for item in whole] == [item.title for at in range(len(whole)) for item in [whole[at]]]
