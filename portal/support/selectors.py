"""Questions about tickets."""

from datetime import date

from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast

from billing.models import Plan
from deployments.models import Deployment
from portal.accounts.models import Customer, Role, User
from portal.core.models import Outgoing
from portal.support import states
from portal.support.models import InternalNote, Message, Ticket


def tickets_of(customer: Customer, *, state: str = "", query: str = "") -> QuerySet[Ticket]:
    """The customer's tickets, last touched first."""
    found = Ticket.objects.for_customer(customer).filter(subject__icontains=query)
    if state:
        found = found.filter(state=state)
    return found.select_related("opened_by").order_by("-updated_at")


def queue(*, state: str = "", priority: str = "", assignee: User | None = None) -> QuerySet[Ticket]:
    """Everybody's tickets, the most urgent first: production before the rest ("high" sorts before "normal"), then by
    how long they wait. Closed ones: the last closed first.
    """
    wanted = {"state": state, "priority": priority, "assignee": assignee}
    found = Ticket.objects.filter(**{field: value for field, value in wanted.items() if value})
    order = ("-closed_at",) if state == states.CLOSED else ("priority", "waiting_since")
    return found.select_related("customer", "opened_by", "assignee").order_by(*order)


def messages_of(ticket: Ticket) -> QuerySet[Message]:
    """What both sides said, oldest first."""
    return Message.objects.filter(ticket=ticket).select_related("author")


def message(pk: int) -> Message | None:
    """A message with what its mail tells."""
    return Message.objects.select_related("ticket__customer", "ticket__assignee", "author").filter(pk=pk).first()


def messages_with_mail(ticket: Ticket) -> QuerySet[Message]:
    """What both sides said, with what is the matter with the mail about it: `mail_problem`, and `mail_stopped` when it
    is not tried again by itself. For staff pages only.
    """
    about = {"about_kind": Message._meta.label_lower, "about_id": Cast(OuterRef("pk"), CharField())}
    mail = Outgoing.objects.filter(**about, done_at=None)
    return messages_of(ticket).annotate(
        mail_problem=Subquery(mail.values("problem")[:1]), mail_stopped=Subquery(mail.values("stopped_at")[:1])
    )


def notes_of(ticket: Ticket) -> QuerySet[InternalNote]:
    """What engineers noted for each other. For staff pages only."""
    return InternalNote.objects.filter(ticket=ticket).select_related("author")


def plans_of(customer: Customer, on: date) -> QuerySet[Plan]:
    """The plans under which the customer's applications are covered on a day."""
    still = Q(subscriptions__ends_on=None) | Q(subscriptions__ends_on__gte=on)
    covered = Q(subscriptions__customer=customer, subscriptions__starts_on__lte=on)
    return Plan.objects.filter(covered & still).distinct().order_by("name")


def deployment_for_ticket(customer: Customer, pk: int) -> Deployment | None:
    """The customer's deployment with what is frozen of it."""
    rows = Deployment.objects.for_customer(customer)
    found: Deployment | None = (
        rows.select_related("service", "environment", "release", "requested_by", "customer").filter(pk=pk).first()
    )
    return found


def staff_ticket(pk: int) -> Ticket | None:
    """A ticket of any customer, with the live state of what it is about."""
    live = ("deployment__service", "deployment__environment", "deployment__placement__release", "deployment__customer")
    return Ticket.objects.select_related("customer", "opened_by", "assignee", *live).filter(pk=pk).first()


def other_side(message: Message) -> list[str]:
    """The addresses of those who wait for this message, without whoever left meanwhile."""
    ticket = message.ticket
    if message.from_staff:
        return _customer_side(ticket)
    assignee = ticket.assignee
    return [assignee.email] if assignee and assignee.is_active and assignee.staff_role else []


def _customer_side(ticket: Ticket) -> list[str]:
    """Those of the customer who took part and are still members; its owners when nobody is left."""
    members = User.objects.filter(memberships__customer=ticket.customer, is_active=True, staff_role="")
    wrote = Message.objects.filter(ticket=ticket, from_staff=False).values("author")
    took_part = members.filter(Q(pk=ticket.opened_by_id) | Q(pk__in=wrote)).distinct()
    owners = members.filter(memberships__customer=ticket.customer, memberships__role=Role.OWNER).distinct()
    return [user.email for user in took_part] or [user.email for user in owners]
