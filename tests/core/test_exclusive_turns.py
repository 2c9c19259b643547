"""Turns of which one has ended before the next begins: nobody works beside the holder, nothing asked for is lost."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, models, transaction
from django.test.utils import isolate_apps
from django.utils import timezone

from bin.lib.postgres import PrivatePostgres
from portal.core.work import turns
from tests import at_once

PROGRAM = Path(__file__).with_name("exclusive_turns.py")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'turns.sqlite3'}"
        return
    server = PrivatePostgres.found()
    assert server
    with server as url:
        yield url


def test_whatever_is_asked_for_while_a_turn_is_held_is_done_by_one_worker_at_a_time(database):
    found = at_once.run(PROGRAM, database)

    assert found["asked"] == found["done"] == 120
    assert found["most"] == 1
    assert found["turns"] > 1
    assert found["of many threads"] == 16 * 20  # none of a worker's threads met a database that is locked


with isolate_apps("portal.core"):  # the portal does not know it

    class Lookout(turns.ExclusiveTurn):
        TASK = "tests.look_out"

        class Meta:
            app_label = "core"


@pytest.fixture
def lookout(transactional_db) -> Iterator[Lookout]:
    with connection.schema_editor() as editor:
        editor.create_model(Lookout)
    yield Lookout.objects.create()
    with connection.schema_editor() as editor:
        editor.delete_model(Lookout)


@pytest.fixture
def sent(monkeypatch) -> list[tuple[int, float]]:
    """What goes to the broker: the turn and the seconds until it is due."""
    sent: list[tuple[int, float]] = []
    monkeypatch.setattr(turns, "send", lambda _task, _pk, seq, seconds=0: sent.append((seq, seconds)))
    return sent


def taken(row: Lookout, seq: int) -> Lookout:
    held = turns.claim_exclusive(Lookout.objects.all(), row.pk, seq)
    assert held
    return held


def expire(row: Lookout) -> None:
    Lookout.objects.filter(pk=row.pk).update(held_until=timezone.now() - timedelta(seconds=1))


def test_a_turn_that_is_held_is_given_to_nobody_else(lookout, sent):
    taken(lookout, 0)

    assert turns.claim_exclusive(Lookout.objects.all(), lookout.pk, 0) is None
    assert turns.claim_exclusive(Lookout.objects.all(), lookout.pk, 1) is None


def test_a_wake_sends_nothing_while_the_turn_is_held_and_the_present_turn_afterwards(lookout, sent):
    held = taken(lookout, 0)
    lookout.wake()
    assert sent == []

    turns.release(held)
    lookout.wake(3)  # read before the turn was taken

    assert sent == [(1, 3)]


def test_what_is_asked_for_and_not_committed_wakes_nobody(lookout, sent):
    with transaction.atomic():
        lookout.wake()
        transaction.set_rollback(True)

    assert sent == []


def test_what_is_asked_for_during_a_turn_is_found_after_its_release(lookout, sent):
    asked = []

    def work(_row: Lookout) -> None:
        asked.append("during the turn")
        lookout.wake()

    def rest(row: Lookout) -> float | None:
        assert Lookout.objects.get(pk=row.pk).held_until is None
        return 2 if asked else None

    turns.take_turn(Lookout.objects.all(), lookout.pk, 0, work, rest)

    assert sent == [(1, 2)]


def test_a_turn_that_breaks_is_released(lookout, sent):
    def work(_row: Lookout) -> None:
        raise KeyError("services")

    with pytest.raises(KeyError):
        turns.take_turn(Lookout.objects.all(), lookout.pk, 0, work, lambda _row: None)

    assert taken(lookout, 1)


def test_a_killed_holders_turn_is_free_again_when_its_time_is_over(lookout, sent, settings):
    held = taken(lookout, 0)
    assert held.held_until - timezone.now() <= timedelta(seconds=settings.WORK_STALE_SECONDS)
    expire(lookout)

    lookout.wake()
    assert sent == [(1, 0)]
    assert taken(lookout, 1).seq == 2


def test_a_holder_prolongs_its_turn_while_it_works(lookout):
    held = taken(lookout, 0)
    expire(lookout)

    assert turns.still_mine(held)
    assert turns.claim_exclusive(Lookout.objects.all(), lookout.pk, 1) is None


def test_a_holder_that_was_too_slow_is_told_so_and_does_not_end_the_turn_of_the_next(lookout):
    slow = taken(lookout, 0)
    expire(lookout)
    taken(lookout, 1)

    assert not turns.still_mine(slow)
    turns.release(slow)

    assert turns.claim_exclusive(Lookout.objects.all(), lookout.pk, 2) is None


def test_a_turn_is_taken_once_however_often_its_task_is_delivered(lookout):
    turns.release(taken(lookout, 0))

    assert turns.claim_exclusive(Lookout.objects.all(), lookout.pk, 0) is None


def test_only_rows_that_are_asked_for_are_taken(lookout):
    none: models.QuerySet[Lookout] = Lookout.objects.none()

    assert turns.claim_exclusive(none, lookout.pk, 0) is None
