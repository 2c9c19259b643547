"""Opening, answering and closing tickets. Who writes gives the turn to the other side."""

from django.db import transaction
from django.utils import timezone

from deployments.models import Deployment
from portal.accounts.models import Customer, User
from portal.core import audit, outbox
from portal.support import states
from portal.support.context import freeze
from portal.support.models import InternalNote, Message, Ticket


@transaction.atomic
def open_ticket(
    customer: Customer,
    by: User,
    *,
    subject: str,
    body: str,
    priority: str = Ticket.Priority.NORMAL,
    deployment: Deployment | None = None,
    from_staff: bool = False,
) -> Message:
    """A new ticket and its first message. With a deployment, the state it is in now is frozen in.
    The ticket is found on the message.
    """
    ticket = Ticket.objects.create(
        customer=customer,
        subject=" ".join(subject.split()),
        priority=priority,
        opened_by=by,
        deployment=deployment,
        context=freeze(deployment) if deployment else {},
        state=_turn_after(from_staff=from_staff),
    )
    after = {"priority": priority, "deployment": deployment.pk if deployment else None}
    audit.record("ticket.opened", ticket, actor=by, customer=customer, after=after)
    return _say(ticket, by, body, from_staff=from_staff)


@transaction.atomic
def reply(ticket: Ticket, by: User, body: str, *, from_staff: bool) -> Message:
    """A message to the other side, whose turn it is then; a closed ticket is open again."""
    ticket = _held(ticket)
    before, turn, now = ticket.state, _turn_after(from_staff=from_staff), timezone.now()
    if turn != before:
        ticket.state, ticket.waiting_since, ticket.closed_at = turn, now, None
    if from_staff and ticket.assignee is None:
        ticket.assignee = by  # who answers first has it, until somebody else takes it
    ticket.updated_at = now
    ticket.save()
    action = "ticket.reopened" if before == states.CLOSED else "ticket.answered"
    audit.record(action, ticket, actor=by, before={"state": before}, after={"state": turn})
    return _say(ticket, by, body, from_staff=from_staff)


@transaction.atomic
def note(ticket: Ticket, by: User, body: str) -> InternalNote:
    """A note among engineers. Its audit event belongs to no customer, so theirs does not show that there is one."""
    row = InternalNote.objects.create(ticket=ticket, author=by, body=body)
    audit.record("ticket.noted", row, actor=by, after={"ticket": ticket.pk})
    return row


@transaction.atomic
def close(ticket: Ticket, by: User) -> None:
    """Ends the conversation, until somebody writes again. Closing twice is closing once."""
    ticket = _held(ticket)
    if ticket.state == states.CLOSED:
        return
    before, now = ticket.state, timezone.now()
    ticket.state, ticket.closed_at, ticket.updated_at, ticket.waiting_since = states.CLOSED, now, now, now
    ticket.save()
    audit.record("ticket.closed", ticket, actor=by, before={"state": before}, after={"state": ticket.state})


@transaction.atomic
def assign(ticket: Ticket, to: User, by: User) -> None:
    """Makes somebody of in4it responsible."""
    ticket = _held(ticket)
    before = str(ticket.assignee) if ticket.assignee else None
    ticket.assignee = to
    ticket.save(update_fields=["assignee"])
    audit.record("ticket.assigned", ticket, actor=by, before={"assignee": before}, after={"assignee": str(to)})


def _say(ticket: Ticket, by: User, body: str, *, from_staff: bool) -> Message:
    """The message, and the mail about it to the other side."""
    message: Message = Message.objects.create(ticket=ticket, author=by, from_staff=from_staff, body=body)
    outbox.put("support.message", outbox.MAIL, message)
    return message


def _turn_after(*, from_staff: bool) -> str:
    return states.WAITING if from_staff else states.OPEN


def _held(ticket: Ticket) -> Ticket:
    """The ticket as it is now, with its row locked, so that two who write at once do not undo each other."""
    held: Ticket = Ticket.objects.select_for_update().get(pk=ticket.pk)
    return held
