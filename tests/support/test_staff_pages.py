"""What engineers do with tickets, and what of it a customer never sees."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.core.models import AuditEvent
from portal.support import services, states
from portal.support.models import InternalNote, Message, Ticket
from tests import factories
from tests.callers import by

SECRET_WORDS = "They forgot to pay and do not know it"


def open_since(hours: int, **fields) -> Ticket:
    return factories.TicketFactory(waiting_since=timezone.now() - timedelta(hours=hours), **fields)


def order_on(page: str, *subjects: str) -> list[str]:
    return sorted(subjects, key=page.index)


def test_the_queue_ranks_production_first_and_then_who_waits_longest(browse, erin):
    open_since(1, subject="one hour")
    open_since(9, subject="nine hours")
    open_since(2, subject="down two hours", priority="high")
    open_since(3, subject="down three hours", priority="high")

    page = browse(erin).get(reverse("tickets")).content.decode()

    expected = ["down three hours", "down two hours", "nine hours", "one hour"]
    assert order_on(page, *sorted(expected)) == expected


def test_the_queue_shows_what_waits_for_us_unless_asked_otherwise(browse, erin, acme):
    for state in (states.OPEN, states.WAITING, states.CLOSED):
        factories.TicketFactory(subject=f"is {state}", state=state, customer=acme)
    mine = factories.TicketFactory(subject="is mine", assignee=erin, customer=acme)
    client = browse(erin)

    def shown(**query: str) -> list[str]:
        page = client.get(reverse("tickets"), query).content.decode()
        return [subject for subject in ("is open", "is waiting", "is closed", "is mine") if subject in page]

    assert shown() == ["is open", "is mine"]
    assert shown(state="waiting") == ["is waiting"]
    assert shown(state="closed") == ["is closed"]
    assert shown(state="all") == ["is open", "is waiting", "is closed", "is mine"]
    assert shown(whose="mine") == [mine.subject]
    assert shown(state="nonsense") == ["is open", "is mine"]


def test_a_second_message_of_the_customer_keeps_their_place_in_the_queue(ticket, bob):
    Ticket.objects.filter(pk=ticket.pk).update(waiting_since=timezone.now() - timedelta(hours=5))

    services.reply(ticket, by(bob), "Still.", from_staff=False)

    ticket.refresh_from_db()
    assert timezone.now() - ticket.waiting_since > timedelta(hours=4)


def test_a_reply_gives_the_turn_to_the_customer_who_sees_it(browse, erin, alice, ticket):
    browse(erin).post(reverse("staff_ticket_reply", args=[ticket.pk]), {"body": "Which page?"})

    ticket.refresh_from_db()
    assert ticket.state == states.WAITING
    assert "Which page?" in browse(alice).get(ticket.get_absolute_url()).content.decode()


def test_an_answer_that_cannot_be_kept_stays_in_the_form_with_the_reason(browse, erin, ticket, monkeypatch):
    monkeypatch.setattr(services, "MOST_TRIES", 0)  # somebody else is faster each time

    response = browse(erin).post(reverse("staff_ticket_reply", args=[ticket.pk]), {"body": "A long answer."})

    page = response.content.decode()
    assert response.status_code == 422
    assert "A long answer.</textarea>" in page
    assert "Others are writing on this ticket at the same moment" in page


def test_an_engineer_who_answers_on_the_customers_page_answers_as_in4it(browse, erin, ticket):
    browse(erin).post(reverse("ticket_reply", args=["acme", ticket.pk]), {"body": "Which page?"})

    assert Message.objects.get(body="Which page?").from_staff


def test_an_internal_note_is_seen_by_engineers_and_mailed_to_nobody(
    browse, erin, ticket, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        browse(erin).post(reverse("staff_ticket_note", args=[ticket.pk]), {"note-body": SECRET_WORDS})

    assert InternalNote.objects.get().body == SECRET_WORDS
    assert SECRET_WORDS in browse(erin).get(reverse("staff_ticket", args=[ticket.pk])).content.decode()
    assert mailoutbox == []
    ticket.refresh_from_db()
    assert ticket.state == states.OPEN


@pytest.mark.parametrize("role", ["owner", "developer", "billing", "viewer"])
def test_no_page_of_the_customer_shows_an_internal_note(browse, acme, erin, ticket, role):
    services.note(ticket, by(erin), SECRET_WORDS)
    client = browse(factories.member(acme, role))

    pages = [reverse("support", args=["acme"]), ticket.get_absolute_url(), reverse("overview", args=["acme"])]
    for page in (*pages, *[reverse(name, args=["acme", ticket.pk]) for name in ("ticket_reply", "ticket_close")]):
        assert SECRET_WORDS not in client.get(page, follow=True).content.decode()
    refused = client.post(reverse("ticket_reply", args=["acme", ticket.pk]), {"body": ""}).content.decode()
    assert SECRET_WORDS not in refused


def test_the_customers_audit_log_does_not_tell_of_a_note(acme, erin, ticket):
    services.note(ticket, by(erin), SECRET_WORDS)

    event = AuditEvent.objects.get(action="ticket.noted")
    assert event.customer is None
    assert SECRET_WORDS not in str([event.before, event.after, event.target_name])


def test_a_note_of_nothing_is_refused_at_its_own_form(browse, erin, ticket):
    response = browse(erin).post(reverse("staff_ticket_note", args=[ticket.pk]), {"note-body": ""})

    assert response.status_code == 422
    assert not InternalNote.objects.exists()


def test_assigning_closing_and_reopening(browse, erin, ticket):
    client = browse(erin)

    client.post(reverse("staff_ticket_assign", args=[ticket.pk]))
    client.post(reverse("staff_ticket_close", args=[ticket.pk]))
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.state) == (erin, states.CLOSED)

    client.post(reverse("staff_ticket_reply", args=[ticket.pk]), {"body": "One more thing."})
    ticket.refresh_from_db()
    assert (ticket.state, ticket.closed_at) == (states.WAITING, None)


def test_the_side_panel_shows_then_and_now(browse, erin, acme, bob, failed):
    ticket = services.open_ticket(acme, by(bob), subject="Rolled back", body="Why?", deployment=failed).ticket
    type(failed.placement).objects.update(health="healthy", running=2, desired=2)

    page = browse(erin).get(reverse("staff_ticket", args=[ticket.pk])).content.decode()

    assert "When the ticket was opened" in page
    assert "The new tasks exited with code 3." in page
    assert "DB_PASSWORD=•••••• is wrong" in page
    assert "hunter2" not in page
    assert "2 of 2 running" in page


@pytest.mark.parametrize(
    "name", ["staff_ticket", *[f"staff_ticket_{do}" for do in ("reply", "note", "assign", "close")]]
)
def test_the_pages_are_for_engineers(browse, erin, fred, alice, ticket, name):
    address = reverse(name, args=[ticket.pk])

    assert browse(erin).get(address, follow=True).status_code == 200
    assert browse(fred).get(address).status_code == 403
    assert browse(alice).get(address).status_code == 404
    assert browse(erin).post(reverse(name, args=[999_999]), {"body": "x", "note-body": "x"}).status_code == 404


@pytest.mark.parametrize("name", ["tickets", "cockpit"])
def test_the_lists_are_for_engineers(browse, erin, fred, alice, name):
    assert [browse(user).get(reverse(name)).status_code for user in (erin, fred, alice)] == [200, 403, 404]


def test_the_queue_takes_as_many_queries_for_many_tickets_as_for_one(
    browse, erin, bob, acme, django_assert_max_num_queries
):
    Ticket.objects.bulk_create(Ticket(customer=acme, subject=f"Ticket {n}", opened_by=bob) for n in range(500))
    client = browse(erin)
    client.get(reverse("tickets"))

    with django_assert_max_num_queries(8):
        client.get(reverse("tickets"), {"page": 3})


def test_a_ticket_takes_as_many_queries_for_many_messages_as_for_one(
    browse, erin, bob, acme, failed, django_assert_max_num_queries
):
    ticket = services.open_ticket(acme, by(bob), subject="Long", body="1", deployment=failed).ticket
    Message.objects.bulk_create(Message(ticket=ticket, author=bob, from_staff=False, body="x") for _ in range(100))
    InternalNote.objects.bulk_create(InternalNote(ticket=ticket, author=erin, body="x") for _ in range(100))
    client = browse(erin)
    client.get(reverse("staff_ticket", args=[ticket.pk]))

    with django_assert_max_num_queries(8):
        client.get(reverse("staff_ticket", args=[ticket.pk]))


def test_who_answers_first_has_the_ticket_until_somebody_else_takes_it(acme, erin):
    ticket = factories.TicketFactory(customer=acme)
    second = factories.UserFactory(staff_role="engineer")

    services.reply(ticket, by(erin), "Looking.", from_staff=True)
    services.reply(ticket, by(second), "Me too.", from_staff=True)

    ticket.refresh_from_db()
    assert ticket.assignee == erin
