"""What the queue loses, doubles or does not take: the tick repairs it, and every move is made once."""

from datetime import timedelta

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core import tasks
from portal.core.work import steps as work
from portal.core.work import turns
from provisioning.changes import states
from provisioning.models import StackChange
from tests import factories
from tests.core.workers import change, lost_broker, queue, to

__all__ = ["change", "lost_broker", "queue"]
every_example_has_its_rows = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)


def test_a_lost_broker_is_no_error_and_is_not_asked_again_at_once(
    change, lost_broker, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        change.wake()
        change.wake()

    assert lost_broker == [(change.pk, 0)]


def test_work_without_a_sign_of_life_is_picked_up(change, queue, settings, django_capture_on_commit_callbacks):
    silent = timezone.now() - timedelta(seconds=settings.WORK_STALE_SECONDS + 1)
    StackChange.objects.filter(pk=change.pk).update(heartbeat_at=silent, seq=7)
    factories.StackChangeFactory(state=states.QUEUED)
    factories.StackChangeFactory(state=states.DONE, heartbeat_at=silent)

    tasks.tick_work()

    assert queue.sent == [((change.pk, 7), 0)]


def test_what_was_picked_up_is_left_alone_until_it_is_silent_again(change, queue, settings):
    silent = timezone.now() - timedelta(seconds=settings.WORK_STALE_SECONDS + 1)
    StackChange.objects.filter(pk=change.pk).update(heartbeat_at=silent)

    tasks.tick_work()
    tasks.tick_work()

    assert queue.sent == [((change.pk, 0), 0)]


def test_what_the_broker_did_not_take_is_picked_up_by_the_next_tick(change, lost_broker, settings):
    silent = timezone.now() - timedelta(seconds=settings.WORK_STALE_SECONDS + 1)
    StackChange.objects.filter(pk=change.pk).update(heartbeat_at=silent)

    tasks.tick_work()
    turns.broker.open()
    tasks.tick_work()

    assert lost_broker == [(change.pk, 0), (change.pk, 0)]


@every_example_has_its_rows
@given(luck=st.lists(st.sampled_from(["deliver", "double", "lose", "tick"]), max_size=20))
def test_whatever_is_lost_or_doubled_every_move_is_made_once(db, queue, django_capture_on_commit_callbacks, luck):
    change = factories.StackChangeFactory(state=states.QUEUED)
    queue.sent.clear()
    path = {states.QUEUED: states.PLANNING, states.PLANNING: states.PLANNED}

    def deliver(seq: int) -> None:
        work.run_step(StackChange, change.pk, seq, lambda row: to(path[row.state])(row))

    for what in [*luck, "tick", "deliver", "tick", "deliver"]:
        with django_capture_on_commit_callbacks(execute=True):
            if what == "tick":
                StackChange.objects.filter(pk=change.pk).update(heartbeat_at=timezone.now() - timedelta(days=1))
                work.pick_up(StackChange)
            elif queue.sent:
                (_, seq), _ = queue.sent[-1] if what == "double" else queue.sent.pop()
                if what != "lose":
                    deliver(seq)

    assert list(change.steps.values_list("to_state", flat=True)) == [states.PLANNING, states.PLANNED]
