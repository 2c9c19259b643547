"""What is refused about tickets."""

from collections.abc import Callable

from portal.accounts.models import Customer
from portal.support import forms, services
from portal.support.models import Ticket
from tests import factories
from tests.callers import by
from tests.rules.table import Door, Values

BODIES: tuple[Values, ...] = tuple({"body": body} for body in ("", " \r\n ", "x" * 20_001, "a\0b"))


def _open_ticket(customer: Customer, values: Values) -> object:
    return services.open_ticket(customer, by(factories.UserFactory()), **values)


def _reply(*, from_staff: bool) -> Callable[[Ticket, Values], object]:
    def reply(ticket: Ticket, values: Values) -> object:
        return services.reply(ticket, by(factories.UserFactory()), **values, from_staff=from_staff)

    return reply


def _note(ticket: Ticket, values: Values) -> object:
    return services.note(ticket, by(factories.UserFactory()), **values)


DOORS = [
    Door(
        name="support.open_ticket",
        world=factories.CustomerFactory,
        form=lambda _, values: forms.TicketForm(values),
        service=_open_ticket,
        good={"subject": "The shop is slow", "priority": "high", "body": "Since noon."},
        bad=(
            *BODIES,
            *({"subject": subject} for subject in ("", "  ", "x" * 201, "a\0b")),
            *({"priority": priority} for priority in ("", "urgent")),
            {"subject": "", "priority": "urgent", "body": ""},
        ),
    ),
    *(
        Door(
            name=f"support.reply {side}",
            world=factories.TicketFactory,
            form=lambda _, values: forms.ReplyForm(values),
            service=_reply(from_staff=side == "of in4it"),
            good={"body": "Which page?"},
            bad=BODIES,
        )
        for side in ("of in4it", "of the customer")
    ),
    Door(
        name="support.note",
        world=factories.TicketFactory,
        form=lambda _, values: forms.NoteForm({f"note-{name}": value for name, value in values.items()}),
        service=_note,
        good={"body": "They forgot to pay."},
        bad=BODIES,
    ),
]
