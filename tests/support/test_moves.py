"""How a ticket moves: by the one function that moves everything, with a step and an audit event for each move."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.core.errors import IllegalMove
from portal.core.models import AuditEvent
from portal.core.work.state import transition
from portal.support import services, states
from portal.support.models import Ticket
from tests.callers import by


def steps(ticket: Ticket) -> list[tuple[str, str, str]]:
    return list(ticket.steps.values_list("from_state", "to_state", "actor_name"))


def events() -> list[tuple[str, dict, dict]]:
    """What happened to tickets after they were opened, oldest first."""
    found = AuditEvent.objects.filter(action__startswith="ticket.").exclude(action="ticket.opened")
    return list(found.order_by("pk").values_list("action", "before", "after"))


def test_each_turn_is_a_step_of_whoever_wrote(ticket, bob, erin):
    services.reply(ticket, by(erin), "Which page?", from_staff=True)
    services.reply(ticket, by(bob), "The basket.", from_staff=False)
    services.close(ticket, by(erin))
    services.reply(ticket, by(bob), "It is back.", from_staff=False)

    assert steps(ticket) == [
        ("open", "waiting", "Erin"),
        ("waiting", "open", "Bob"),
        ("open", "closed", "Erin"),
        ("closed", "open", "Bob"),
    ]
    assert events() == [
        ("ticket.answered", {"state": "open"}, {"state": "waiting", "reason": "", "assignee": "Erin"}),
        ("ticket.answered", {"state": "waiting"}, {"state": "open", "reason": ""}),
        ("ticket.closed", {"state": "open"}, {"state": "closed", "reason": ""}),
        ("ticket.reopened", {"state": "closed"}, {"state": "open", "reason": ""}),
    ]


def test_another_message_of_the_same_side_is_no_move_but_a_sign_of_life(ticket, bob):
    Ticket.objects.update(updated_at=timezone.now() - timedelta(hours=5))

    services.reply(ticket, by(bob), "Still.", from_staff=False)

    ticket.refresh_from_db()
    assert steps(ticket) == []
    assert events() == [("ticket.answered", {"state": "open"}, {"state": "open"})]
    assert timezone.now() - ticket.updated_at < timedelta(minutes=1)


def test_closing_twice_is_closing_once(ticket, bob, erin):
    services.close(ticket, by(erin))
    services.close(ticket, by(bob))

    assert steps(ticket) == [("open", "closed", "Erin")]
    assert [action for action, _, _ in events()] == ["ticket.closed"]


def test_whoever_gets_the_turn_waits_from_then_on(ticket, erin):
    Ticket.objects.update(waiting_since=timezone.now() - timedelta(hours=5))

    services.reply(ticket, by(erin), "Which page?", from_staff=True)

    ticket.refresh_from_db()
    assert timezone.now() - ticket.waiting_since < timedelta(minutes=1)


@pytest.mark.parametrize("state", states.MOVES)
def test_no_state_leads_to_itself(ticket, bob, state):
    Ticket.objects.update(state=state)
    ticket.refresh_from_db()

    with pytest.raises(IllegalMove):
        transition(ticket, state, caller=by(bob))


def test_a_message_that_cannot_be_kept_moves_nothing(ticket, erin, monkeypatch):
    monkeypatch.setattr("portal.core.outbox.put", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        services.reply(ticket, by(erin), "Which page?", from_staff=True)

    ticket.refresh_from_db()
    assert (ticket.state, ticket.assignee, steps(ticket), events()) == (states.OPEN, None, [], [])
