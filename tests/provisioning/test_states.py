"""The moves of an environment."""

import pytest

from portal.core.errors import IllegalMove
from portal.core.work.state import transition
from provisioning import states, tasks
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


@pytest.mark.parametrize("state", sorted(states.ACTIVE))
def test_every_active_state_has_a_step_and_a_place_for_our_own_errors(state):
    assert state in tasks._STEPS
    assert states.ERRORED in states.MOVES[state]
