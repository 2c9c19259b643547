"""What leaves the house, as engineers see it: how much waits, what failed, and what stopped."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts import selectors
from portal.core import outbox
from portal.core.models import Outgoing
from portal.core.sentences import said
from tests import factories
from tests.callers import by

HOUR = timedelta(hours=1)


@pytest.fixture
def row(acme):
    """A mail about an invitation, on its way out; fields as given."""

    def put(**fields) -> Outgoing:
        invitation = factories.InvitationFactory(
            customer=acme, email="dave@acme.example", token_hash=str(Outgoing.objects.count())
        )
        made = outbox.put("accounts.invitation", outbox.MAIL, invitation, token="t")
        Outgoing.objects.filter(pk=made.pk).update(**fields)
        made.refresh_from_db()
        return made

    return put


@pytest.fixture
def stopped(row):
    """A mail that failed too often."""
    return row(stopped_at=timezone.now(), attempts=10, problem=said("ConnectionRefusedError: no mail server"))


@pytest.fixture
def page(browse, erin):
    """The page as an engineer reads it."""
    client = browse(erin)
    return lambda query="": client.get(f"/staff/queues/{query}").content.decode()


def test_what_stopped_is_shown_with_its_problem_and_sent_again(stopped, browse, erin, page):
    shown = page()
    assert "ConnectionRefusedError: no mail server" in shown
    assert "Invitation by mail" in shown
    assert "dave@acme.example (developer) · Acme" in shown
    assert f"/staff/queues/outgoing/{stopped.pk}/again/" in shown

    browse(erin).post(f"/staff/queues/outgoing/{stopped.pk}/again/")

    stopped.refresh_from_db()
    assert (stopped.stopped_at, stopped.attempts) == (None, 0)
    assert "no mail server" not in page()


def test_what_was_sent_again_is_not_late_before_its_time(row, browse, erin):
    old = timezone.now() - HOUR
    again = row(stopped_at=old, created_at=old, heartbeat_at=old, attempts=10)
    outbox.send_again(again, by(erin))

    assert selectors.waiting_counts() == {"waiting": 1, "late": 0, "failing": 0}
    Outgoing.objects.update(heartbeat_at=old)
    assert selectors.waiting_counts() == {"waiting": 1, "late": 1, "failing": 0}


def test_what_failed_and_is_tried_again_is_shown_with_its_problem_and_the_next_try(row, page):
    row(attempts=3, problem=said("TimeoutError: slow"), due_at=timezone.now() + timedelta(minutes=4, seconds=5))

    shown = page()

    assert "TimeoutError: slow" in shown
    assert 'data-label="Tries">3</td>' in shown
    assert ">in 4 min</time>" in shown
    assert "Send again" not in shown


def test_what_merely_waits_or_is_done_is_not_listed(row, page):
    row()
    row(done_at=timezone.now(), attempts=1)
    row(done_at=timezone.now(), stopped_at=timezone.now(), attempts=1)

    shown = page()

    assert "Nothing failed" in shown
    assert "dave@acme.example" not in shown


def test_nothing_to_see_is_said(page):
    assert "Nothing failed" in page()


def test_how_much_waits_is_late_and_failed_is_counted(row, stopped):
    old = timezone.now() - HOUR
    row()
    row(heartbeat_at=old, due_at=timezone.now() + HOUR)  # handed over again and again, and never tried
    row(due_at=old, attempts=1)  # due long ago: nothing hands it over
    row(created_at=old, attempts=2, due_at=timezone.now() + HOUR)  # failed, and its time has not come
    row(created_at=old, done_at=timezone.now())

    assert selectors.waiting_counts() == {"waiting": 4, "late": 2, "failing": 2}


def test_what_is_late_is_said_with_what_to_look_at(row, page):
    row(heartbeat_at=timezone.now() - HOUR)

    shown = page()

    assert "1 of those that wait should have left more than 5 minutes ago." in shown
    assert "Look whether Redis, beat and the rq worker run." in shown


def test_nothing_is_late_that_has_just_been_put(row, page):
    row()

    assert "Something is late" not in page()


def test_long_lists_are_cut_and_say_so_in_few_queries(row, settings, page, django_assert_max_num_queries):
    settings.PAGE_SIZE = 2
    for _ in range(3):
        row(attempts=1, problem=said("TimeoutError: slow"))
        row(attempts=10, problem=said("OSError: full"), stopped_at=timezone.now())
    page()

    with django_assert_max_num_queries(8):
        shown = page()

    assert (shown.count("TimeoutError: slow"), shown.count("OSError: full")) == (2, 2)
    assert shown.count("2 of 3") == 2
    following = re.search(r'rel="next" href="([^"]+)"', shown)[1]
    assert page(following.replace("&amp;", "&")).count("OSError: full") == 1


def test_what_is_not_there_cannot_be_sent_again(browse, erin, db):
    assert browse(erin).post("/staff/queues/outgoing/4711/again/").status_code == 404


def test_the_addresses_of_jobs_are_gone(browse, erin):
    assert browse(erin).post("/staff/queues/nope/x/retry/").status_code == 404
