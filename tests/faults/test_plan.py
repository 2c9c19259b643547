"""The plan of a campaign: what was promised happens, in the time that was given, and again in the same way."""

from collections import Counter

import pytest

from tests.faults.plan import LONG, SHORT, Fate, Form, Kill, plan
from tests.faults.wire import Fault


@pytest.mark.parametrize("form", [SHORT, LONG])
def test_all_that_was_promised_happens_in_time(form: Form):
    events = plan(form, seed=1)

    asked = [event.what for event in events if isinstance(event.what, Fate)]
    faults = Counter(event.what for event in events if isinstance(event.what, Fault))
    assert len(asked) + faults[Fault.DENIED] == form.rollouts
    assert set(faults) == set(Fault)
    assert len(set(faults.values())) == 1
    assert sum(isinstance(event.what, Kill) for event in events) == form.kills
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert 0 <= events[0].at <= events[-1].at < form.seconds


def test_the_seed_alone_decides():
    def told(seed: int) -> list[tuple[float, str]]:
        return [(event.at, str(getattr(event.what, "value", "kill"))) for event in plan(LONG, seed)]

    assert told(6) == told(6) != told(7)
