"""Workers die, deliveries double, the queue forgets: the environment still arrives, and nothing is made twice."""

from datetime import timedelta

import pytest
from celery import Celery
from django.utils import timezone

from portal.core.errors import LostRace
from portal.core.tasks import tick_work
from portal.core.work import turns
from provisioning import states, tasks
from provisioning.changes import states as change_states
from provisioning.environments import services
from provisioning.models import Environment, StackChange
from tests.callers import by
from tests.provisioning.conftest import Killed, drive, dying_workers, moves, own_stacks, step

pytestmark = [pytest.mark.localaws, pytest.mark.django_db]

LIFE = ["planning", "planned", "creating", "ready", "deleting", "deleted"]


def claim(row: Environment) -> None:
    """A worker takes the turn."""
    assert turns.claim(StackChange.objects.all(), row.change.pk, row.change.seq)


def survive(row: Environment) -> Environment:
    """Steps on, as the tick would, however often a worker dies."""
    while True:
        try:
            return drive(row)
        except Killed:
            row.refresh_from_db()


@pytest.fixture
def queue_forgets(monkeypatch):
    """Redis loses every message."""
    monkeypatch.setattr(Celery, "send_task", lambda *_, **__: None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_workers_that_die_anywhere_change_nothing_in_the_end(aws, wish, alice, monkeypatch, queue_forgets, seed):
    row = wish(f"Mortal {seed}")
    with dying_workers(monkeypatch, seed, odds=0.2) as deaths:
        survive(row)
    assert row.state == states.PLANNED
    assert len(_change_sets(aws, row)) == 1

    services.approve(row, by(alice))
    with dying_workers(monkeypatch, seed, odds=0.2) as more_deaths:
        survive(row)
    assert row.state == states.READY
    assert own_stacks(aws, row) == ["CREATE_COMPLETE"]

    services.request_deletion(row, row.name, by(alice))
    with dying_workers(monkeypatch, seed, odds=0.2) as last_deaths:
        survive(row)
    assert own_stacks(aws, row) == []
    assert moves(row) == LIFE
    assert deaths
    assert more_deaths
    assert last_deaths


def test_every_delivery_doubled_changes_nothing(aws, wish, alice):
    row = wish("Doubled")
    _drive_doubled(row)
    assert len(_change_sets(aws, row)) == 1
    services.approve(row, by(alice))
    _drive_doubled(row)
    services.request_deletion(row, row.name, by(alice))
    _drive_doubled(row)

    assert moves(row) == LIFE
    assert own_stacks(aws, row) == []


def _drive_doubled(row: Environment) -> None:
    row.refresh_from_db()
    while row.is_active:
        change = row.change
        tasks.step_change(change.pk, change.seq)
        tasks.step_change(change.pk, change.seq)
        row.refresh_from_db()


def test_a_step_whose_turn_is_taken_does_nothing(aws, wish):
    row = wish("Taken")
    claim(row)

    tasks.step_change(row.change.pk, row.change.seq)

    row.refresh_from_db()
    assert (row.state, moves(row)) == (states.DRAFT, [])


def test_work_that_no_worker_touches_is_picked_up_by_the_tick(aws, wish, monkeypatch):
    sent = []
    monkeypatch.setattr(Celery, "send_task", lambda _app, name, args, **_: sent.append((name, args)))
    row = wish("Lost")
    claim(row)  # its worker dies here
    tick_work()
    assert sent == []

    StackChange.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    tick_work()
    assert sent == [("provisioning.step_change", (row.change.pk, 1))]
    assert drive(row).state == states.PLANNED


def test_a_plan_asked_for_but_not_written_down_is_asked_for_with_the_same_token(aws, wish):
    row = drive(wish("Forgotten"), until=lambda each: bool(each.change.change_set_id))
    asked = row.change.change_set_id
    StackChange.objects.update(change_set_id="", state=change_states.PLANNING)
    Environment.objects.update(state=states.PLANNING)

    drive(row)

    assert row.change.change_set_id == asked
    assert _change_sets(aws, row) == [asked]


@pytest.mark.parametrize("finished", [False, True])
def test_a_stack_that_aws_makes_already_is_adopted(aws, wish, alice, finished):
    row = drive(wish(f"Adopted {finished}"))
    services.approve(row, by(alice))
    step(row)
    if finished:
        drive(row)
    StackChange.objects.update(state=change_states.PLANNING)
    Environment.objects.update(state=states.PLANNING)

    drive(row)

    assert row.state == states.READY
    assert own_stacks(aws, row) == ["CREATE_COMPLETE"]


def test_two_people_who_approve_at_once_start_one_creation(aws, wish, alice):
    row = drive(wish("Twice"))
    again = Environment.objects.select_related("change").get(pk=row.pk)
    services.approve(row, by(alice))
    with pytest.raises(LostRace):
        services.approve(again, by(alice))

    assert drive(row).state == states.READY


def _change_sets(aws, row: Environment) -> list[str]:
    found = aws("cloudformation").list_change_sets(StackName=row.aws_name)["Summaries"]
    return [each["ChangeSetId"] for each in found]
