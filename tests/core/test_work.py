"""Long-running work: moves, turns, and what happens when workers, queues and AWS fail; shown by changes of stacks."""

import pytest
from celery import current_app
from django.apps import apps
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core.errors import IllegalMove, LostRace
from portal.core.models import AuditEvent
from portal.core.sentences import said
from portal.core.work import steps as work
from portal.core.work import turns
from portal.core.work.state import transition
from provisioning.aws.patience import STEP
from provisioning.changes import states
from provisioning.models import StackChange
from tests import factories
from tests.callers import by
from tests.core.workers import change, claim, queue, to

__all__ = ["change", "queue"]

EVERY = sorted({*states.MOVES, *(to for moves in states.MOVES.values() for to in moves)})
KINDS = work.kinds()
TURNS = [model for model in apps.get_models() if issubclass(model, turns.TaskTurn) and getattr(model, "STEPPED", True)]
every_example_has_its_rows = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)


@pytest.fixture
def step(queue, change, django_capture_on_commit_callbacks):
    """Delivers a step to a worker, as Celery would."""

    def deliver(advance, seq: int = 0) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            work.run_step(StackChange, change.pk, seq, advance)
        change.refresh_from_db()

    return deliver


def fail(error: Exception):
    def advance(_row: StackChange) -> float:
        raise error

    return advance


def test_a_move_saves_state_reason_and_fields_and_writes_step_and_event(change, erin):
    transition(change, states.PLANNING, reason=said("Wanted."), caller=by(erin), advice=said("Wait."))

    change.refresh_from_db()
    assert (change.state, str(change.reason), str(change.advice)) == ("planning", "Wanted.", "Wait.")
    step = change.steps.get()
    assert (step.from_state, step.to_state, str(step.reason), step.actor_name) == (
        "queued",
        "planning",
        "Wanted.",
        "Erin",
    )
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.customer) == ("stack.update_planning", erin, change.customer)
    assert (event.before, event.after) == (
        {"state": "queued"},
        {"state": "planning", "reason": said("Wanted.").as_json()},
    )


def test_a_move_that_the_table_lacks_is_refused_in_words(change):
    with pytest.raises(IllegalMove, match="is queued: it cannot become done from there"):
        transition(change, states.DONE)

    assert not change.steps.exists()


def test_of_two_who_move_a_row_at_once_the_second_loses(change):
    other = StackChange.objects.get(pk=change.pk)
    transition(change, states.PLANNING)

    with pytest.raises(LostRace):
        transition(other, states.PLANNING)

    assert change.steps.count() == 1
    assert other.state == states.QUEUED


def test_work_starts_once_and_finishes_when_no_worker_has_anything_to_do(change):
    transition(change, states.PLANNING)
    started = change.started_at
    assert (started is None, change.finished_at) == (False, None)

    transition(change, states.PLANNED)
    assert change.finished_at is not None

    transition(change, states.APPLYING)
    assert (change.started_at, change.finished_at) == (started, None)


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_a_worker_acts_on_can_end_in_an_error_of_ours(kind):
    assert [state for state in kind.ACTIVE if work.ERRORED not in kind.MOVES[state]] == []


@every_example_has_its_rows
@given(wishes=st.lists(st.sampled_from(EVERY), max_size=12))
def test_whatever_is_wished_the_steps_are_a_path_through_the_table(db, wishes):
    change = factories.StackChangeFactory(state=states.QUEUED)
    events_before = AuditEvent.objects.count()

    for wish in wishes:
        before = change.state
        if wish in states.MOVES.get(before, frozenset()):
            transition(change, wish)
        else:
            with pytest.raises(IllegalMove):
                transition(change, wish)
            assert StackChange.objects.get(pk=change.pk).state == before

    path = [states.QUEUED, *change.steps.values_list("to_state", flat=True)]
    assert list(change.steps.values_list("from_state", flat=True)) == path[:-1]
    assert path[-1] == StackChange.objects.get(pk=change.pk).state
    assert AuditEvent.objects.count() - events_before == len(path) - 1


def test_a_step_does_its_work_and_enqueues_the_next_after_its_seconds(step, queue, change):
    step(to(states.PLANNING, seconds=3))

    assert change.state == states.PLANNING
    assert queue.sent == [((change.pk, 1), 3)]


def test_a_step_after_which_people_decide_enqueues_nothing(step, queue, change):
    StackChange.objects.filter(pk=change.pk).update(state=states.PLANNING)

    step(to(states.PLANNED))

    assert change.state == states.PLANNED
    assert queue.sent == []


def test_a_doubled_delivery_does_nothing(step, queue, change):
    seen = []

    def look(row: StackChange) -> float:
        seen.append(row.seq)
        return 1

    step(look)
    step(look)

    assert seen == [1]
    assert len(queue.sent) == 1


def test_a_step_for_finished_work_does_nothing(step, change):
    StackChange.objects.filter(pk=change.pk).update(state=states.DONE)

    step(fail(AssertionError("not called")))

    assert change.state == states.DONE


def test_what_can_be_tried_again_is_and_people_read_why(step, queue, change):
    step(fail(work.RetryLater(said("AWS is slow to answer."), 20)))

    assert str(change.problem) == "AWS is slow to answer."
    assert change.state == states.QUEUED
    assert queue.sent == [((change.pk, 1), 20)]


def test_a_step_that_only_met_a_busy_database_is_no_error_of_ours_and_is_done_again(step, queue, change):
    step(fail(OperationalError("database is locked")))

    assert change.state == states.QUEUED
    assert str(change.problem) == "This step took too long. It is being tried again."
    assert queue.sent == [((change.pk, 1), work.SLOW_SECONDS)]


def test_a_slow_step_whose_turn_was_given_to_another_worker_moves_nothing(step, change):
    def overtaken(row: StackChange) -> float:
        assert claim(row)
        return to(states.PLANNING)(row)

    step(overtaken)

    assert change.state == states.QUEUED


def test_a_slow_step_whose_turn_was_given_to_another_worker_writes_nothing(step, change):
    def overtaken(row: StackChange) -> float:
        assert claim(row)
        work.keep(row, change_set_id="of an earlier attempt")
        return 0

    step(overtaken)

    assert change.change_set_id == ""


def test_a_slow_step_that_breaks_after_another_worker_took_over_ends_nothing(step, change):
    def overtaken(row: StackChange) -> float:
        assert claim(row)
        raise KeyError("VpcId")

    step(overtaken)

    assert change.state == states.QUEUED


def test_people_may_act_while_a_step_is_under_way(change, erin):
    assert claim(change)

    transition(change, states.PLANNING, caller=by(erin))

    assert change.state == states.PLANNING


def test_silence_is_longer_than_the_longest_step(settings):
    assert settings.WORK_STEP_SECONDS + STEP.bound < settings.WORK_STALE_SECONDS


def test_the_problem_is_forgotten_when_a_step_goes_well_again(step, change):
    step(fail(work.RetryLater(said("AWS is slow to answer."), 20)))

    step(lambda row: 1, seq=1)

    assert str(change.problem) == ""


def test_a_lost_race_is_looked_at_again_at_once(step, queue, change):
    step(fail(LostRace("gone")))

    assert change.state == states.QUEUED
    assert queue.sent == [((change.pk, 1), 0)]


def test_a_bug_ends_in_errored_with_a_sentence_for_people_and_the_traceback_for_engineers(step, queue, change):
    step(fail(KeyError("VpcId")))

    assert (change.state, change.reason) == (work.ERRORED, work.ERRORED_SENTENCE)
    assert "KeyError: 'VpcId'" in change.traceback
    assert "VpcId" not in str(change.reason)
    assert queue.sent == []


def test_a_bug_in_a_step_whose_work_somebody_else_ended_changes_nothing(step, change):
    def ended_meanwhile(row: StackChange) -> float:
        StackChange.objects.filter(pk=row.pk).update(state=states.DISCARDED)
        raise KeyError("VpcId")

    step(ended_meanwhile)

    assert change.state == states.DISCARDED


def test_nothing_is_enqueued_for_a_change_that_is_rolled_back(change, queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=False) as later:
        change.wake()

    assert queue.sent == []
    assert len(later) == 1


def test_what_a_person_moves_to_work_starts_when_the_transaction_commits(
    change, erin, queue, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        transition(change, states.PLANNING, caller=by(erin))
        assert queue.sent == []

    assert (queue.sent, queue.tasks) == ([((change.pk, 0), 0)], {"provisioning.step_change"})


def test_a_move_whose_transaction_fails_leaves_the_row_as_it_was(change, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("The log is full.")

    monkeypatch.setattr("portal.core.audit.record", broken)
    with pytest.raises(RuntimeError, match="The log is full"):
        transition(change, states.PLANNING, reason=said("Wanted."))

    assert (change.state, str(change.reason)) == (states.QUEUED, "")
    change.refresh_from_db()
    assert change.state == states.QUEUED


def test_a_traceback_for_engineers_holds_no_secret(step, change):
    step(fail(RuntimeError("password=hunter2 was refused")))

    assert "RuntimeError" in change.traceback
    assert "hunter2" not in change.traceback


@pytest.mark.parametrize("kind", TURNS)
def test_every_kind_names_a_task_that_workers_know(kind):
    current_app.loader.import_default_modules()

    assert kind.TASK in current_app.tasks
