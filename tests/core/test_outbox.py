"""What leaves the house: written with what it is about, delivered whatever happens to queues and workers."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from portal.core import outbox, tasks
from portal.core.errors import UserError
from portal.core.models import AuditEvent, Outgoing
from portal.core.outbox import MOST_ATTEMPTS, Undeliverable
from portal.core.sentences import Sentence
from tests import factories
from tests.callers import by

MINUTE = timedelta(minutes=1)


class Jobs:
    """In the queue's place: keeps the jobs that are handed over, or is away."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, int, int]] = []
        self.away = False
        self.asked = 0

    def get_queue(self, name: str, **_: object) -> "Jobs":
        self.asked += 1
        if self.away:
            raise ConnectionError("Redis is away.")
        self.name = name
        return self

    def enqueue(self, job: object, pk: int, seq: int, description: str) -> None:
        assert job is outbox.deliver
        assert description == f"Outgoing {pk}"
        self.waiting.append((self.name, pk, seq))

    def work(self) -> None:
        """A worker that takes all jobs."""
        while self.waiting:
            _, pk, seq = self.waiting.pop(0)
            outbox.deliver(pk, seq)


@pytest.fixture
def jobs(monkeypatch):
    jobs = Jobs()
    monkeypatch.setattr("django_rq.get_queue", jobs.get_queue)
    outbox.queue_door.open()
    yield jobs
    outbox.queue_door.open()


@pytest.fixture
def letters(monkeypatch):
    """What was delivered of the kind "test.letter"; the next tries fail with the errors in `errors`."""
    delivered = Letters()
    monkeypatch.setitem(outbox._kinds, "test.letter", delivered.take)
    return delivered


class Letters(list[dict[str, object]]):
    def __init__(self) -> None:
        self.errors: list[Exception] = []

    def take(self, row: Outgoing) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.append(outbox.payload_of(row))


@pytest.fixture
def put(acme, django_capture_on_commit_callbacks):
    """Writes a letter about Acme and commits."""

    def write(text: str = "Hello") -> Outgoing:
        with django_capture_on_commit_callbacks(execute=True):
            return outbox.put("test.letter", outbox.MAIL, acme, text=text)

    return write


def later(row: Outgoing, by: timedelta = timedelta(hours=2)) -> None:
    """Lets time pass for a row."""
    Outgoing.objects.filter(pk=row.pk).update(due_at=timezone.now() - by)


def test_what_is_put_is_handed_over_on_commit_and_delivered_once(put, jobs, letters):
    row = put("Hello")
    assert jobs.waiting == [("mail", row.pk, 0)]

    jobs.work()

    row.refresh_from_db()
    assert letters == [{"text": "Hello"}]
    assert (row.attempts, str(row.problem), row.payload) == (1, "", "{}")
    assert row.done_at is not None


def test_what_is_rolled_back_leaves_nothing(db, acme, jobs, django_capture_on_commit_callbacks):
    def change_of_mind() -> None:
        with transaction.atomic():
            outbox.put("test.letter", outbox.MAIL, acme)
            raise ZeroDivisionError

    with django_capture_on_commit_callbacks() as sent, pytest.raises(ZeroDivisionError):
        change_of_mind()

    assert (sent, Outgoing.objects.count()) == ([], 0)


def test_the_payload_is_stored_encrypted(put, jobs):
    row = put("the token of an invitation")

    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM core_outgoing WHERE id = %s", [row.pk])
        (stored,) = cursor.fetchone()
    assert "token" not in stored


def test_a_job_that_is_delivered_twice_does_nothing_the_second_time(put, jobs, letters):
    row = put()

    outbox.deliver(row.pk, 0)
    outbox.deliver(row.pk, 0)

    assert len(letters) == 1


def test_what_fails_is_tried_again_after_a_growing_delay_and_says_why(put, jobs, letters):
    row = put()
    letters.errors = [ConnectionRefusedError("no mail server, password=hunter2"), TimeoutError("slow")]
    now = timezone.now()

    jobs.work()
    row.refresh_from_db()
    assert str(row.problem) == "ConnectionRefusedError: no mail server, password=••••••"
    assert timedelta(0) <= row.due_at - now - MINUTE < MINUTE

    tasks.tick_outbox()
    assert jobs.waiting == []  # not due yet
    later(row)
    tasks.tick_outbox()
    jobs.work()
    row.refresh_from_db()
    assert (row.attempts, str(row.problem)) == (2, "TimeoutError: slow")
    assert row.due_at - timezone.now() > MINUTE

    later(row)
    tasks.tick_outbox()
    jobs.work()
    row.refresh_from_db()
    assert (row.attempts, str(row.problem), len(letters)) == (3, "", 1)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (500, 60)])
def test_delays_double_up_to_an_hour(attempts, minutes):
    assert outbox.delay_after(attempts) == timedelta(minutes=minutes)


def test_what_fails_too_often_stops_and_can_be_sent_again(put, jobs, letters, erin, django_capture_on_commit_callbacks):
    row = put()
    letters.errors = [OSError("down")] * MOST_ATTEMPTS
    for _ in range(MOST_ATTEMPTS):
        jobs.work()
        later(row)
        tasks.tick_outbox()
    row.refresh_from_db()
    assert (row.attempts, row.done_at, jobs.waiting) == (MOST_ATTEMPTS, None, [])
    assert row.stopped_at is not None

    with django_capture_on_commit_callbacks(execute=True):
        outbox.send_again(row, by(erin))
    jobs.work()

    row.refresh_from_db()
    assert (len(letters), row.stopped_at, row.attempts) == (1, None, 1)
    assert AuditEvent.objects.get(action="outgoing.sent_again").actor == erin
    with pytest.raises(UserError, match="was sent, or is being sent again already"):
        outbox.send_again(row, by(erin))


def test_what_cannot_succeed_stops_at_once(put, jobs, letters):
    row = put()
    letters.errors = [Undeliverable(Sentence("invitation.withdrawn"))]

    jobs.work()

    row.refresh_from_db()
    assert (row.attempts, str(row.problem)) == (
        1,
        "The invitation was withdrawn before this mail could be sent: nobody wants it any more.",
    )
    assert row.stopped_at is not None


def test_a_kind_that_nobody_delivers_stops_in_the_end_and_says_so(acme, jobs, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        row = outbox.put("test.unknown", outbox.MAIL, acme)

    jobs.work()

    row.refresh_from_db()
    assert str(row.problem) == "LookupError: No jobs.py says how 'test.unknown' is delivered."


def test_while_redis_is_away_pages_ask_once_and_the_tick_hands_everything_over_afterwards(put, jobs, letters):
    jobs.away = True
    rows = [put(f"Letter {number}") for number in range(20)]
    assert (jobs.asked, jobs.waiting) == (1, [])

    jobs.away = False
    outbox.queue_door.open()
    for row in rows:
        later(row)
    tasks.tick_outbox()
    jobs.work()

    assert letters == [{"text": f"Letter {number}"} for number in range(20)]
    assert not Outgoing.waiting.exists()


def test_what_a_tick_handed_over_is_left_alone_while_the_queue_is_long(put, jobs):
    jobs.away = True
    row = put()
    jobs.away = False
    outbox.queue_door.open()
    later(row)

    tasks.tick_outbox()
    tasks.tick_outbox()

    assert jobs.waiting == [("mail", row.pk, 0)]


def test_a_worker_that_dies_while_it_delivers_is_followed_by_another(put, jobs, letters, monkeypatch):
    row = put()

    class Killed(BaseException):
        """As with kill -9: nothing of ours catches it."""

    def die(_row: Outgoing) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setitem(outbox._kinds, "test.letter", die)
        with pytest.raises(Killed):
            jobs.work()
    row.refresh_from_db()
    key = row.key

    tasks.tick_outbox()
    assert jobs.waiting == []  # the other worker may still be at it
    later(row)
    tasks.tick_outbox()
    jobs.work()

    row.refresh_from_db()
    assert (len(letters), row.key) == (1, key)
    assert row.done_at is not None


def test_a_slow_delivery_whose_turn_was_given_to_another_notes_nothing(put, jobs, letters):
    row = put()

    def overtaken(_row: Outgoing) -> None:
        Outgoing.objects.filter(pk=row.pk).update(seq=7)
        raise OSError("slow")

    outbox._kinds["test.letter"] = overtaken
    jobs.work()

    row.refresh_from_db()
    assert (row.seq, row.attempts, str(row.problem)) == (7, 0, "")


def test_rows_that_were_done_a_month_ago_are_forgotten(put, jobs, letters):
    old, young, waiting = put(), put(), put()
    Outgoing.objects.filter(pk=old.pk).update(done_at=timezone.now() - timedelta(days=31))
    Outgoing.objects.filter(pk=young.pk).update(done_at=timezone.now() - timedelta(days=29))

    tasks.tick_outbox()

    assert set(Outgoing.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}


def test_a_row_says_whom_and_what_it_is_about(put, jobs, acme):
    row = put()

    assert (row.about_kind, row.about_id, row.about_name) == ("accounts.customer", str(acme.pk), "Acme")
    ticket = factories.TicketFactory(customer=acme)
    assert outbox.put("test.letter", outbox.MAIL, ticket).customer_id == acme.pk


def test_a_tick_asks_the_database_the_same_whatever_waits(put, jobs, django_assert_num_queries):
    cache.clear()
    for _ in range(30):
        later(put())
    jobs.waiting.clear()

    with django_assert_num_queries(3):
        tasks.tick_outbox()
