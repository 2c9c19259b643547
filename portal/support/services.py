"""Opening, answering and closing tickets. Who writes gives the turn to the other side."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deployments.models import Deployment
from portal.accounts.models import Customer, User
from portal.accounts.permissions import Can, require
from portal.core import audit, outbox
from portal.core.caller import Caller
from portal.core.errors import Busy, LostRace
from portal.core.work.state import transition
from portal.support import rules, states
from portal.support.context import freeze
from portal.support.models import InternalNote, Message, Ticket

MOST_TRIES = 5  # at a ticket that others move at the same moment
T = TypeVar("T")


@transaction.atomic
def open_ticket(
    customer: Customer,
    caller: Caller,
    *,
    subject: str,
    body: str,
    priority: str = Ticket.Priority.NORMAL,
    deployment: Deployment | None = None,
    from_staff: bool = False,
) -> Message:
    """A new ticket and its first message. With a deployment, the state it is in now is frozen in.
    The ticket is found on the message. Raises Invalid.
    """
    require(caller, Can.ASK, customer)
    data = rules.checked_ticket(rules.TicketData(subject, body, priority))
    rules.check_deployment(customer, deployment)
    ticket = Ticket.objects.create(
        customer=customer,
        subject=data.subject,
        priority=data.priority,
        opened_by_id=caller.asker_id,
        deployment=deployment,
        context=freeze(deployment) if deployment else {},
        state=_turn_after(from_staff=from_staff),
    )
    after = {"priority": data.priority, "deployment": deployment.pk if deployment else None}
    audit.record("ticket.opened", ticket, caller=caller, customer=customer, after=after)
    return _say(ticket, caller, data.body, from_staff=from_staff)


def reply(ticket: Ticket, caller: Caller, body: str, *, from_staff: bool) -> Message:
    """A message to the other side, whose turn it is then; a closed ticket is open again. Raises Invalid."""
    require(caller, Can.ASK, ticket.customer)
    return _looking_again(partial(_reply, ticket.pk, caller, rules.checked_body(body), from_staff=from_staff))


@transaction.atomic
def note(ticket: Ticket, caller: Caller, body: str) -> InternalNote:
    """A note among engineers. Its audit event belongs to no customer, so theirs does not show that there is one.
    Raises Invalid.
    """
    row = InternalNote.objects.create(ticket=ticket, author_id=caller.asker_id, body=rules.checked_body(body))
    audit.record("ticket.noted", row, caller=caller, after={"ticket": ticket.pk})
    return row


def close(ticket: Ticket, caller: Caller) -> None:
    """Ends the conversation, until somebody writes again. Closing twice is closing once."""
    require(caller, Can.ASK, ticket.customer)
    _looking_again(partial(_close, ticket.pk, caller))


@transaction.atomic
def assign(ticket: Ticket, to: User, caller: Caller) -> None:
    """Makes somebody of in4it responsible."""
    ticket = _held(ticket)
    before = str(ticket.assignee) if ticket.assignee else None
    ticket.assignee = to
    ticket.save(update_fields=["assignee"])
    audit.record("ticket.assigned", ticket, caller=caller, before={"assignee": before}, after={"assignee": str(to)})


def _looking_again(act: Callable[[], T]) -> T:
    """Does `act`, and does it anew on the ticket as it is then when somebody else moved it at the same moment: what was
    written is not lost. Raises Busy when that happens time after time.
    """
    for _try in range(MOST_TRIES):
        with suppress(LostRace):
            return act()
    raise Busy(_("Others are writing on this ticket at the same moment, so nothing was done. Try again."))


@transaction.atomic
def _reply(pk: int, caller: Caller, body: str, *, from_staff: bool) -> Message:
    ticket = Ticket.objects.get(pk=pk)
    facts = {"assignee": caller.name} if from_staff and _taken(ticket, caller) else {}
    turn = _turn_after(from_staff=from_staff)
    if ticket.state == turn:
        _go_on(ticket, caller, facts)
    else:
        action = "ticket.reopened" if ticket.state == states.CLOSED else "ticket.answered"
        transition(ticket, turn, caller=caller, action=action, facts=facts)
    return _say(ticket, caller, body, from_staff=from_staff)


def _go_on(ticket: Ticket, caller: Caller, facts: Mapping[str, str]) -> None:
    """Another message of the same side: no move, but the ticket must still be where the message was written."""
    if not Ticket.objects.filter(pk=ticket.pk, state=ticket.state).update(updated_at=timezone.now()):
        raise LostRace(_("%(ticket)s was moved by somebody else.") % {"ticket": ticket})
    state = {"state": ticket.state}
    audit.record("ticket.answered", ticket, caller=caller, before=state, after={**state, **facts})


def _taken(ticket: Ticket, caller: Caller) -> bool:
    """Whether the ticket had no assignee: the engineer who answers first has it, until somebody else takes it."""
    return bool(Ticket.objects.filter(pk=ticket.pk, assignee=None).update(assignee_id=caller.person_id))


@transaction.atomic
def _close(pk: int, caller: Caller) -> None:
    ticket = Ticket.objects.get(pk=pk)
    if ticket.state != states.CLOSED:
        transition(ticket, states.CLOSED, caller=caller, action="ticket.closed")


def _say(ticket: Ticket, caller: Caller, body: str, *, from_staff: bool) -> Message:
    """The message, and the mail about it to the other side."""
    message: Message = Message.objects.create(
        ticket=ticket, author_id=caller.asker_id, from_staff=from_staff, body=body
    )
    outbox.put("support.message", outbox.MAIL, message)
    return message


def _turn_after(*, from_staff: bool) -> str:
    return states.WAITING if from_staff else states.OPEN


def _held(ticket: Ticket) -> Ticket:
    """The ticket as it is now, with its row locked, so that two who write at once do not undo each other."""
    held: Ticket = Ticket.objects.select_for_update().get(pk=ticket.pk)
    return held
