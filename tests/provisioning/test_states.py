"""The moves of an environment, and of the change that carries it."""

import pytest

from portal.core.errors import IllegalMove
from portal.core.work.state import transition
from provisioning import states, tasks
from provisioning.changes import states as change_states
from tests.factories import EnvironmentFactory

EVERY = sorted({*states.MOVES, *(to for moves in states.MOVES.values() for to in moves)})


@pytest.mark.parametrize("state", EVERY)
def test_only_the_moves_of_the_table_are_made(db, state):
    allowed = states.MOVES.get(state, frozenset())
    for to in EVERY:
        row = EnvironmentFactory(state=state)
        try:
            transition(row, to)
        except IllegalMove:
            made = False
        else:
            made = True
        row.refresh_from_db()

        assert made == (to in allowed)
        assert row.state == (to if made else state)
        assert row.steps.count() == (1 if made else 0)


def test_a_deleted_environment_stays_deleted():
    assert states.MOVES.get(states.DELETED, frozenset()) == frozenset()


@pytest.mark.parametrize("state", [state for state in EVERY if state != states.DELETED])
def test_from_everywhere_there_is_a_way_to_get_rid_of_an_environment(state):
    reached, wave = {state}, {state}
    while wave:
        wave = {to for each in wave for to in states.MOVES.get(each, ())} - reached
        reached |= wave

    assert states.DELETED in reached


@pytest.mark.parametrize("state", sorted(change_states.ACTIVE))
def test_every_active_state_of_a_change_has_a_step_and_a_place_for_our_own_errors(state):
    assert state in tasks._STEPS
    assert change_states.ERRORED in change_states.MOVES[state]


def _moves_of(kind: str, state: str) -> set[str]:
    """What a change of that kind does: only an update is taken back or has nothing to do, only a removal removes."""
    never = {
        change_states.CREATE: {change_states.REMOVING, change_states.ROLLING_BACK},
        change_states.REMOVE: {change_states.PLANNING},
    }[kind]
    if state == change_states.PLANNING:
        never = never | {change_states.DONE}
    return set(change_states.MOVES.get(state, ())) - never


@pytest.mark.parametrize(
    ("kind", "begins_at"),
    [
        (change_states.CREATE, states.DRAFT),
        (change_states.CREATE, states.PLANNING),
        (change_states.REMOVE, states.DELETING),
    ],
)
def test_wherever_a_change_goes_the_environment_it_carries_can_follow(kind, begins_at):
    """Walks every path of the change's table, the environment beside it."""
    seen, wave = set(), {(change_states.QUEUED, begins_at)}
    while wave:
        seen |= wave
        following = set()
        for change, environment in wave:
            for to in _moves_of(kind, change):
                follows = change_states.CARRIED.get((kind, to), environment)
                assert follows == environment or follows in states.MOVES[environment], (change, to, environment)
                following.add((to, follows))
        wave = following - seen

    carried = {to for (of, _), to in change_states.CARRIED.items() if of == kind}
    assert carried <= {environment for _, environment in seen}


def test_an_update_carries_no_environment_along():
    assert [kind for kind, _ in change_states.CARRIED if kind == change_states.UPDATE] == []
