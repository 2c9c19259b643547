"""A program for the tests: two people change one ticket at the same moment."""

from collections.abc import Callable
from typing import Any

import django

django.setup()

from portal.accounts.models import User  # noqa: E402
from portal.support import services  # noqa: E402
from portal.support.models import Message, Ticket  # noqa: E402
from tests.at_once import at_once, report  # noqa: E402
from tests.callers import by  # noqa: E402
from tests.factories import TicketFactory, UserFactory  # noqa: E402

Act = Callable[[Ticket], object]


def replying(user: User, *, from_staff: bool) -> Act:
    return lambda ticket: services.reply(ticket, by(user), f"{user} writes.", from_staff=from_staff)


def closing(user: User) -> Act:
    return lambda ticket: services.close(ticket, by(user))


def left_of_a_ticket(first: Act, second: Act) -> dict[str, Any]:
    row = TicketFactory()
    refusal = at_once(lambda: first(row), lambda: second(row))
    ticket = Ticket.objects.get(pk=row.pk)
    return {
        "refused": str(refusal or ""),
        "state": ticket.state,
        "steps": list(ticket.steps.values_list("from_state", "to_state")),
        "said": list(Message.objects.filter(ticket=ticket).values_list("body", flat=True)),
        "assignee": str(ticket.assignee or ""),
    }


def find() -> dict[str, Any]:
    bob, erin, emma = UserFactory(name="Bob"), UserFactory(name="Erin"), UserFactory(name="Emma")
    bob_writes, erin_closes = replying(bob, from_staff=False), closing(erin)
    erin_answers, emma_answers = replying(erin, from_staff=True), replying(emma, from_staff=True)
    return {
        "close, reply": left_of_a_ticket(erin_closes, bob_writes),
        "answer, answer": left_of_a_ticket(erin_answers, emma_answers),
        "answer, reply": left_of_a_ticket(erin_answers, bob_writes),
        "reply, close": left_of_a_ticket(bob_writes, erin_closes),
        "close, close": left_of_a_ticket(erin_closes, closing(bob)),
    }


if __name__ == "__main__":
    report(find)
