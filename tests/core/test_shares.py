"""A worker's threads are shared out by what their work is about: no key can have all of them."""

from contextlib import ExitStack, suppress

import pytest

from portal.core.work import steps, turns
from portal.core.work.shares import Full, Shares, current
from provisioning.models import StackChange
from tests.core.workers import change, queue

__all__ = ["change", "queue"]

THREADS = 16


@pytest.fixture
def shares() -> Shares:
    return Shares(THREADS)


def taken(shares: Shares, stack: ExitStack, *keys: str) -> int:
    """How many of these holds are given, one after the other."""
    given = 0
    for key in keys:
        with suppress(Full):
            stack.enter_context(shares.hold(key))
            given += 1
    return given


def look(shares: Shares, key: str, *, trouble: bool) -> None:
    with shares.hold(key) as hold:
        hold.answered, hold.trouble = not trouble, trouble


def test_one_key_gets_a_part_of_the_threads_and_four_keys_leave_some_to_others(shares):
    with ExitStack() as stack:
        one = taken(shares, stack, *["acme"] * THREADS)
        four = one + taken(shares, stack, *["tulp", "globex", "initech"] * THREADS)

        assert (one, four) == (3, 12)
        assert taken(shares, stack, "hooli") == 1


def test_what_has_no_key_is_not_bounded(shares):
    with ExitStack() as stack:
        assert taken(shares, stack, *[""] * 50) == 50


def test_a_share_has_room_again_when_a_hold_ends_also_by_an_error(shares):
    for _ in range(THREADS):
        with pytest.raises(KeyError), shares.hold("acme"):
            raise KeyError("services")

    with ExitStack() as stack:
        assert taken(shares, stack, *["acme"] * THREADS) == 3


def test_whoever_finds_it_full_waits_longer_the_more_of_them_there_are(shares):
    waits = []
    with ExitStack() as stack:
        taken(shares, stack, *["acme"] * 3)
        for _ in range(200):
            with pytest.raises(Full) as full, shares.hold("acme"):
                pass
            waits.append(full.value.seconds)

    assert 0 < min(waits[:5]) < max(waits[:5]) < 1
    assert sum(waits[:20]) < sum(waits[-20:])
    assert max(waits) < 10


def test_a_key_in_trouble_gets_one_thread_until_it_answers(shares):
    look(shares, "tulp", trouble=True)
    with ExitStack() as stack:
        assert taken(shares, stack, *["tulp"] * THREADS) == 1

    look(shares, "tulp", trouble=False)
    with ExitStack() as stack:
        assert taken(shares, stack, *["tulp"] * THREADS) == 3


def test_work_that_asks_nothing_is_no_sign_of_an_answer(shares):
    look(shares, "tulp", trouble=True)
    with shares.hold("tulp"):
        pass

    with ExitStack() as stack:
        assert taken(shares, stack, *["tulp"] * THREADS) == 1


def test_however_many_keys_are_in_trouble_half_of_the_threads_stay_free(shares):
    keys = [f"account {number}" for number in range(50)]
    for key in keys:
        look(shares, key, trouble=True)

    with ExitStack() as stack:
        assert taken(shares, stack, *keys) == THREADS // 2
        assert taken(shares, stack, "acme") == 1


def test_a_worker_of_one_thread_works_for_everybody():
    shares = Shares(1)
    look(shares, "tulp", trouble=True)

    with ExitStack() as stack:
        assert taken(shares, stack, "tulp") == 1
    with ExitStack() as stack:
        assert taken(shares, stack, "acme") == 1


def test_looks_come_slower_while_there_is_trouble_up_to_a_bound_and_come_back(shares):
    slower = []
    for _ in range(8):
        look(shares, "tulp", trouble=True)
        slower.append(shares.pace("tulp", 1))
    for _ in range(4):
        look(shares, "tulp", trouble=False)

    assert slower == [2, 4, 8, 15, 15, 15, 15, 15]
    assert shares.pace("tulp", 1) == 1
    assert shares.pace("acme", 1) == 1


def test_a_pause_that_is_long_already_is_not_made_shorter_and_none_stays_none(shares):
    look(shares, "tulp", trouble=True)

    assert shares.pace("tulp", 60) == 60
    assert shares.pace("tulp", 0) == 0


def test_a_step_whose_share_is_full_is_sent_again_with_its_turn_untaken(
    change, queue, django_capture_on_commit_callbacks
):
    key = str(change.environment.account_id)
    with ExitStack() as stack, django_capture_on_commit_callbacks(execute=True):
        taken(turns.shares, stack, *[key] * THREADS)
        steps.run_step(StackChange, change.pk, 0, never)

    [(turn, seconds)] = queue.sent
    assert turn == (change.pk, 0)
    assert 0 < seconds < 2
    assert StackChange.objects.get(pk=change.pk).heartbeat_at > change.heartbeat_at


def test_a_step_for_another_account_is_done_meanwhile(change, queue):
    done = []
    with ExitStack() as stack:
        taken(turns.shares, stack, *["another account"] * THREADS)
        steps.run_step(StackChange, change.pk, 0, lambda row: done.append(row.pk) or 1)

    assert done == [change.pk]


def test_the_next_look_at_an_account_in_trouble_comes_later(change, queue, django_capture_on_commit_callbacks):
    def throttled(_row: StackChange) -> float:
        hold = current()
        assert hold
        hold.trouble = True
        return 3

    with django_capture_on_commit_callbacks(execute=True):
        steps.run_step(StackChange, change.pk, 0, throttled)
    with django_capture_on_commit_callbacks(execute=True):
        steps.run_step(StackChange, change.pk, 1, lambda _row: 3)

    assert [seconds for _, seconds in queue.sent] == [3, 6]


def never(_row: StackChange) -> float:
    raise AssertionError("It has no room.")
