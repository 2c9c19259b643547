"""Mail about messages: to the other side, once, never lost silently."""

import smtplib
from collections.abc import Iterator

import pytest
from django.core.mail import EmailMessage
from django_rq import get_queue
from rq import SimpleWorker

from portal.accounts.models import Membership
from portal.core import outbox, tasks
from portal.core.models import Outgoing
from portal.support import services
from portal.support.models import Message, Ticket
from tests import factories
from tests.callers import by
from tests.outages import running


def deliver_all() -> None:
    """What workers do with all that waits."""
    for row in Outgoing.waiting.order_by("pk"):
        outbox.deliver(row.pk, row.seq)


@pytest.fixture
def say(ticket: Ticket):
    """Somebody writes on Bob's ticket, and the mail about that, and nothing else, goes its way."""
    Outgoing.objects.all().delete()

    def reply(user, *, from_staff: bool, body: str = "Which page?") -> Message:
        message = services.reply(ticket, by(user), body, from_staff=from_staff)
        deliver_all()
        message.refresh_from_db()
        return message

    return reply


@pytest.fixture
def redis(settings) -> Iterator[None]:
    """A Redis of our own."""
    with running() as url:
        settings.RQ_QUEUES = {name: {"URL": url} for name in ("mail", "documents")}
        yield


@pytest.fixture
def no_mail_server(monkeypatch) -> None:
    def refuse(self: EmailMessage) -> int:
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr(EmailMessage, "send", refuse)


def test_an_answer_is_mailed_to_those_who_asked(say, bob, erin, ticket, mailoutbox, settings):
    settings.PORTAL_URL = "https://portal.example/"

    say(erin, from_staff=True)

    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["bob@acme.example"], f"[#{ticket.pk}] The shop is slow")
    assert mail.reply_to == [settings.SUPPORT_EMAIL]
    assert "Erin of in4it writes" in mail.body
    assert "Which page?" in mail.body
    assert f"https://portal.example/c/acme/support/tickets/{ticket.pk}/" in mail.body


def test_colleagues_who_took_part_get_the_answer_too(say, alice, bob, erin, mailoutbox):
    say(alice, from_staff=False)
    mailoutbox.clear()

    say(erin, from_staff=True)

    assert sorted(mailoutbox[0].to) == ["alice@acme.example", "bob@acme.example"]


def test_whoever_left_the_company_gets_no_mail_and_the_owners_do(say, alice, bob, erin, mailoutbox):
    Membership.objects.filter(user=bob).delete()

    say(erin, from_staff=True)

    assert mailoutbox[0].to == ["alice@acme.example"]


def test_what_a_customer_writes_goes_to_the_support_address(say, bob, ticket, mailoutbox, settings):
    say(bob, from_staff=False, body="The basket.")

    (mail,) = mailoutbox
    assert mail.to == [settings.SUPPORT_EMAIL]
    assert f"/staff/tickets/{ticket.pk}/" in mail.body


def test_what_a_customer_writes_goes_to_the_engineer_in_charge(say, bob, erin, ticket, mailoutbox):
    services.assign(ticket, erin, by(erin))

    say(bob, from_staff=False)

    assert mailoutbox[0].to == ["erin@in4it.example"]


def test_words_are_mailed_as_written(say, erin, mailoutbox):
    say(erin, from_staff=True, body='Is "a < b & c" so?')

    assert 'Is "a < b & c" so?' in mailoutbox[0].body


def test_an_internal_note_is_in_no_mail(say, bob, erin, ticket, mailoutbox):
    services.note(ticket, by(erin), "They forgot to pay")

    say(erin, from_staff=True)

    assert "They forgot to pay" not in mailoutbox[0].body


def test_a_message_and_its_mail_are_written_together_or_not_at_all(ticket, erin, monkeypatch):
    monkeypatch.setattr(outbox, "put", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        services.reply(ticket, by(erin), "Which page?", from_staff=True)

    assert not Message.objects.filter(body="Which page?").exists()


def test_what_waits_says_what_it_is_about_and_whose_it_is(ticket, acme):
    message = Message.objects.get()

    row = Outgoing.objects.get()

    assert (row.kind, row.queue, row.about_kind, row.about_id) == (
        "support.message",
        "mail",
        "support.message",
        str(message.pk),
    )
    assert (row.about_name, row.customer) == (f"message on #{ticket.pk} The shop is slow", acme)


@pytest.mark.redis
def test_without_redis_the_page_sends_nothing_and_a_worker_does_once_a_tick_has_handed_it_over(
    browse, erin, ticket, mailoutbox, settings, django_capture_on_commit_callbacks
):
    Outgoing.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        browse(erin).post(f"/staff/tickets/{ticket.pk}/reply/", {"body": "Which page?"})
    message = Message.objects.get(body="Which page?")
    assert (message.mailed_at, mailoutbox) == (None, [])

    with running() as url:
        settings.RQ_QUEUES = {name: {"URL": url} for name in ("mail", "documents")}
        outbox.queue_door.open()
        Outgoing.objects.update(due_at=message.at)
        tasks.tick_outbox()
        work()

    message.refresh_from_db()
    assert message.mailed_at
    assert [mail.to for mail in mailoutbox] == [["bob@acme.example"]]


def work() -> None:
    queue = get_queue("mail")
    SimpleWorker([queue], connection=queue.connection).work(burst=True)


@pytest.mark.redis
def test_with_redis_a_worker_sends_the_mail_as_soon_as_the_message_is_committed(
    redis, ticket, erin, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        message = services.reply(ticket, by(erin), "Which page?", from_staff=True)
    assert (message.mailed_at, mailoutbox) == (None, [])

    work()

    message.refresh_from_db()
    assert message.mailed_at
    assert len(mailoutbox) == 1


def test_a_mail_that_fails_is_tried_again_and_engineers_see_on_the_ticket_why_it_did_not_go(
    say, erin, ticket, browse, no_mail_server
):
    message = say(erin, from_staff=True)

    row = Outgoing.objects.get()
    assert (message.mailed_at, row.attempts, row.stopped_at) == (None, 1, None)
    page = browse(erin).get(f"/staff/tickets/{ticket.pk}/").content.decode()
    assert "No mail went out about this message yet" in page
    assert "ConnectionRefusedError: no mail server" in page
    assert "It is tried again by itself." in page


def test_a_mail_that_is_given_up_leads_engineers_to_where_it_is_sent_again(say, erin, ticket, browse, no_mail_server):
    say(erin, from_staff=True)
    for _ in range(outbox.MOST_ATTEMPTS - 1):
        deliver_all()

    page = browse(erin).get(f"/staff/tickets/{ticket.pk}/").content.decode()
    assert Outgoing.objects.get().stopped_at
    assert "Call the customer, or send the mail again from Queues." in page
    assert 'href="/staff/queues/">Open Queues' in page
    assert page.count("no mail server") == 1


def test_customers_do_not_see_what_is_the_matter_with_a_mail(say, erin, ticket, browse, no_mail_server):
    say(erin, from_staff=True)

    owner = factories.member(ticket.customer, "owner")
    page = browse(owner).get(ticket.get_absolute_url()).content.decode()
    assert "Which page?" in page
    assert "no mail server" not in page


def test_what_was_mailed_after_all_shows_no_problem(say, erin, ticket, browse, mailoutbox, monkeypatch):
    def refuse_once(self: EmailMessage) -> int:
        monkeypatch.undo()
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(EmailMessage, "send", refuse_once)
    say(erin, from_staff=True)
    deliver_all()

    assert Message.objects.get(body="Which page?").mailed_at
    assert "No mail went out" not in browse(erin).get(f"/staff/tickets/{ticket.pk}/").content.decode()


def test_a_job_that_is_delivered_twice_mails_once(say, erin, mailoutbox):
    say(erin, from_staff=True)
    row = Outgoing.objects.get()

    outbox.deliver(row.pk, 0)
    outbox.how_to_deliver(row.kind)(row)

    assert len(mailoutbox) == 1


def test_a_worker_that_died_after_sending_sends_the_same_mail_again_by_its_id(ticket, erin, mailoutbox):
    row = Outgoing.objects.get()
    for _ in range(2):
        outbox.how_to_deliver(row.kind)(row)
        Message.objects.update(mailed_at=None)

    assert len({mail.extra_headers["Message-ID"] for mail in mailoutbox}) == 1
    assert len(mailoutbox) == 2


def test_a_message_that_is_gone_is_not_mailed(ticket, mailoutbox):
    Message.objects.all().delete()

    deliver_all()

    row = Outgoing.objects.get()
    assert (bool(row.stopped_at), mailoutbox) == (True, [])
    assert "The message does not exist any more" in str(row.problem)


def test_a_new_ticket_is_mailed_to_the_support_address(browse, bob, acme, mailoutbox, settings):
    browse(bob).post(
        "/c/acme/support/tickets/new/", {"subject": "Down", "priority": "high", "body": "Nothing answers."}
    )
    deliver_all()

    assert [mail.to for mail in mailoutbox] == [[settings.SUPPORT_EMAIL]]
