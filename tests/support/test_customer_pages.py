"""What a customer does with tickets."""

import pytest
from django.urls import reverse

from portal.core.errors import Invalid
from portal.core.limits import Limit
from portal.core.models import AuditEvent
from portal.core.sentences import Sentence
from portal.core.sentences import said as in_words
from portal.support import limits, services, states
from portal.support.models import Ticket
from tests import factories
from tests.callers import by

QUESTION = {"subject": "The shop is slow", "priority": "high", "body": "Since noon."}


def said(ticket: Ticket) -> list[tuple[str, str, bool]]:
    return [(message.author.name, message.body, message.from_staff) for message in ticket.messages.all()]


def test_the_page_says_how_to_reach_us_and_what_is_covered(browse, alice, acme, url, settings):
    settings.SUPPORT_PHONE, settings.SUPPORT_EMAIL = "+32 2 123 45 67", "help@in4it.example"
    plan = factories.PlanFactory(included=["Security updates"], excluded=["AWS services"])
    factories.SubscriptionFactory(application__customer=acme, plan=plan)

    page = browse(alice).get(url("support")).content.decode()

    for words in ("+32 2 123 45 67", "help@in4it.example", "Basic Support", "Security updates", "AWS services"):
        assert words in page


def test_a_customer_without_a_plan_reads_what_to_do(browse, alice, url):
    assert "No application of yours is under a support plan yet." in browse(alice).get(url("support")).content.decode()


def test_a_plan_that_ended_covers_nothing(browse, alice, acme, url):
    factories.SubscriptionFactory(application__customer=acme, starts_on="2020-01-01", ends_on="2020-12-31")

    assert "Basic Support" not in browse(alice).get(url("support")).content.decode()


def test_opening_a_ticket_leads_to_its_conversation(browse, bob, url):
    response = browse(bob).post(url("ticket_new"), QUESTION)

    ticket = Ticket.objects.get()
    assert response["Location"] == url("ticket", ticket.pk)
    assert (ticket.subject, ticket.priority, ticket.state, ticket.context) == (
        "The shop is slow",
        "high",
        states.OPEN,
        {},
    )
    assert said(ticket) == [("Bob", "Since noon.", False)]
    assert AuditEvent.objects.get(action="ticket.opened").actor == bob


def test_a_ticket_from_a_deployment_shows_what_will_be_attached(browse, bob, failed, url):
    page = browse(bob).get(url("ticket_new"), {"deployment": failed.pk}).content.decode()

    assert "Deployment of shop to Production" in page
    assert "The new tasks exited with code 3." in page


def test_a_ticket_from_a_deployment_freezes_its_context(browse, bob, failed, url):
    browse(bob).post(f"{url('ticket_new')}?deployment={failed.pk}", QUESTION)

    ticket = Ticket.objects.get()
    assert ticket.deployment == failed
    assert ticket.context == {
        "service": "shop",
        "environment": "Production",
        "environment_kind": "Production",
        "deployment": failed.pk,
        "kind": "Deployment",
        "release": "v3",
        "digest": "sha256:" + "a" * 64,
        "state": "rolled_back",
        "sentence": in_words("The new tasks exited with code 3.").as_json(),
        "requested_by": "Bob",
        "requested_at": failed.created_at.isoformat(),
        "tasks": [
            {
                "name": "0123456789abcdef",
                "exit_code": 3,
                "reason": Sentence("stopped.exited", exit_code=3).as_json(),
                "lines": ["starting", "DB_PASSWORD=•••••• is wrong", "key ••••••", "bye"],
            }
        ],
    }


def test_what_happens_later_does_not_change_what_was_frozen(browse, bob, failed, url):
    browse(bob).post(f"{url('ticket_new')}?deployment={failed.pk}", QUESTION)
    type(failed).objects.update(reason=in_words("Another sentence."), state="succeeded")

    page = browse(bob).get(Ticket.objects.get().get_absolute_url()).content.decode()

    assert "The new tasks exited with code 3." in page
    assert "Its program ended with code 3." in page
    assert "arn:aws" not in page
    assert "Another sentence." not in page


@pytest.mark.parametrize("deployment", ["999999", "x", "9" * 40])
def test_a_deployment_that_is_not_theirs_cannot_be_attached(browse, bob, url, deployment):
    assert browse(bob).get(url("ticket_new"), {"deployment": deployment}).status_code == 404


def test_a_deployment_of_another_customer_cannot_be_attached(browse, bob, url):
    foreign = factories.DeploymentFactory()

    assert browse(bob).post(f"{url('ticket_new')}?deployment={foreign.pk}", QUESTION).status_code == 404
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"subject": " "}, {"body": ""}, {"body": "x" * 20_001}, {"subject": "x" * 201}, {"priority": "urgent"}]
)
def test_a_ticket_that_lacks_something_or_is_too_long_is_refused(browse, bob, url, wrong):
    response = browse(bob).post(url("ticket_new"), QUESTION | wrong)

    assert response.status_code == 422
    assert not Ticket.objects.exists()


def test_a_subject_is_one_line(browse, bob, url):
    browse(bob).post(url("ticket_new"), QUESTION | {"subject": "Slow\r\nBcc: everybody@example.com"})

    assert Ticket.objects.get().subject == "Slow Bcc: everybody@example.com"


def test_a_reply_gives_the_turn_back_to_in4it(browse, bob, erin, ticket, url):
    services.reply(ticket, by(erin), "Which page?", from_staff=True)

    browse(bob).post(url("ticket_reply", ticket.pk), {"body": "The basket."})

    ticket.refresh_from_db()
    assert ticket.state == states.OPEN
    assert said(ticket) == [("Bob", "Since noon.", False), ("Erin", "Which page?", True), ("Bob", "The basket.", False)]


def test_an_empty_reply_is_refused(browse, bob, ticket, url):
    response = browse(bob).post(url("ticket_reply", ticket.pk), {"body": " "})

    assert response.status_code == 422
    assert "This field is required." in response.content.decode()


def test_closing_ends_and_a_reply_reopens(browse, bob, ticket, url):
    client = browse(bob)

    client.post(url("ticket_close", ticket.pk))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.closed_at is not None) == (states.CLOSED, True)

    client.post(url("ticket_reply", ticket.pk), {"body": "It is back."})
    ticket.refresh_from_db()
    assert (ticket.state, ticket.closed_at) == (states.OPEN, None)
    assert list(AuditEvent.objects.filter(action__startswith="ticket.").values_list("action", flat=True)) == [
        "ticket.reopened",
        "ticket.closed",
        "ticket.opened",
    ]


def test_a_reply_that_cannot_be_kept_stays_in_the_form_with_the_reason(browse, bob, ticket, url, monkeypatch):
    monkeypatch.setattr(services, "MOST_TRIES", 0)  # somebody else is faster each time

    response = browse(bob).post(url("ticket_reply", ticket.pk), {"body": "A long story."})

    page = response.content.decode()
    assert response.status_code == 422
    assert "A long story.</textarea>" in page
    assert "Others are writing on this ticket at the same moment, so nothing was done. Try again." in page
    assert ticket.messages.count() == 1


def test_looking_by_address_at_an_action_changes_nothing(browse, bob, ticket, url):
    browse(bob).get(url("ticket_close", ticket.pk))
    browse(bob).get(url("ticket_reply", ticket.pk))

    ticket.refresh_from_db()
    assert (ticket.state, ticket.messages.count()) == (states.OPEN, 1)


def test_what_people_write_is_text_and_no_markup(browse, bob, ticket, url):
    browse(bob).post(url("ticket_reply", ticket.pk), {"body": "<script>alert(1)</script>"})

    assert "<script>alert(1)</script>" not in browse(bob).get(url("ticket", ticket.pk)).content.decode()


def test_the_list_is_filtered_by_state_and_subject(browse, alice, acme, bob, url):
    for subject, state in (("Slow shop", "open"), ("Slow basket", "closed"), ("Down", "open")):
        factories.TicketFactory(customer=acme, subject=subject, state=state, opened_by=bob)

    page = browse(alice).get(url("support"), {"state": "open", "q": "slow"}).content.decode()

    assert [subject in page for subject in ("Slow shop", "Slow basket", "Down")] == [True, False, False]


def test_nobody_floods_the_queue(browse, bob, url, monkeypatch):
    monkeypatch.setattr(limits, "TICKETS", Limit("tickets", most=2, seconds=60))
    client = browse(bob)

    answers = [client.post(url("ticket_new"), QUESTION).status_code for _ in range(3)]

    assert answers == [302, 302, 422]
    assert Ticket.objects.count() == 2


def test_nobody_floods_a_ticket(browse, bob, ticket, url, monkeypatch):
    monkeypatch.setattr(limits, "REPLIES", Limit("replies", most=1, seconds=60))
    client = browse(bob)

    answers = [client.post(url("ticket_reply", ticket.pk), {"body": "Hello?"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 422]
    assert "You sent more than 1 replies in 1 minutes, so this was not sent." in answers[1].content.decode()


@pytest.mark.parametrize(("role", "write"), [("owner", 302), ("developer", 302), ("billing", 302), ("viewer", 403)])
def test_everybody_reads_and_those_who_may_ask_write(browse, acme, ticket, url, role, write):
    client = browse(factories.member(acme, role))

    for page in (url("support"), url("ticket", ticket.pk)):
        assert client.get(page).status_code == 200
    assert client.post(url("ticket_new"), QUESTION).status_code == write
    assert client.post(url("ticket_reply", ticket.pk), {"body": "Hello?"}).status_code == write
    assert client.post(url("ticket_close", ticket.pk)).status_code == write


def test_strangers_find_nothing(browse, charlie, ticket, url):
    client = browse(charlie)

    for name, args in (("support", ()), ("ticket", (ticket.pk,)), ("ticket_reply", (ticket.pk,))):
        assert client.get(url(name, *args)).status_code == 404
    assert client.get(reverse("ticket", args=["other", ticket.pk])).status_code == 404
    assert client.post(reverse("ticket_reply", args=["other", ticket.pk]), {"body": "x"}).status_code == 404
    assert client.post(reverse("ticket_close", args=["other", ticket.pk])).status_code == 404


def test_the_list_takes_as_many_queries_for_many_tickets_as_for_one(
    browse, alice, acme, bob, url, django_assert_max_num_queries
):
    Ticket.objects.bulk_create(Ticket(customer=acme, subject=f"Ticket {n}", opened_by=bob) for n in range(500))
    client = browse(alice)
    client.get(url("support"))

    with django_assert_max_num_queries(8):
        page = client.get(url("support")).content.decode()
    assert "50 of 500" in page


def test_a_ticket_freezes_nothing_of_another_customer(alice, acme):
    theirs = factories.DeploymentFactory(reason=in_words("Their secret failed."))

    with pytest.raises(Invalid):
        services.open_ticket(acme, by(alice), subject="Look", body="What is this?", deployment=theirs)
    assert not Ticket.objects.exists()
