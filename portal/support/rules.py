"""What makes input about tickets valid. Services refuse by it, and forms say the same sentences."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from deployments.models import Deployment
from portal.accounts.models import Customer
from portal.core.errors import Invalid
from portal.core.rules import Problems, refuse_wrong_types
from portal.support.models import Ticket

SUBJECT, BODY = 200, 20_000  # characters


@dataclass(frozen=True)
class TicketData:
    """A new question or problem."""

    subject: str
    body: str
    priority: str


def ticket_problems(data: TicketData) -> Problems:
    """A subject, a text, and one of the priorities."""
    problems = body_problems(data.body)
    problems.text("subject", data.subject, most=SUBJECT)
    problems.choice("priority", data.priority, Ticket.Priority.values)
    return problems


def checked_ticket(data: TicketData) -> TicketData:
    """The ticket as it is kept: its subject is one line. Raises Invalid."""
    refuse_wrong_types(data)
    data = TicketData(data.subject.strip(), data.body.strip(), data.priority)
    ticket_problems(data).refuse()
    return TicketData(" ".join(data.subject.split()), data.body, data.priority)


def check_deployment(customer: Customer, deployment: Deployment | None) -> None:
    """Raises Invalid when a ticket is to be about something of another customer."""
    if deployment and deployment.customer_id != customer.pk:
        raise Invalid({"deployment": _("There is no such deployment.")})


def body_problems(body: str) -> Problems:
    """What is written to the other side, or as a note."""
    problems = Problems()
    problems.text("body", body, most=BODY)
    return problems


def checked_body(body: str) -> str:
    """The text as it is kept. Raises Invalid."""
    body_problems(body).refuse()
    return body.strip()
