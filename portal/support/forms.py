"""Forms of tickets, and the filters of their lists."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.core.forms import show_problems
from portal.core.lists import Filters, search
from portal.core.words import Words
from portal.support import rules, states
from portal.support.models import Ticket


def body_field(label: Words, rows: int = 5) -> forms.CharField:
    """What somebody writes."""
    return forms.CharField(label=label, max_length=rules.BODY, widget=forms.Textarea({"rows": rows}))


class TicketForm(forms.Form):
    """A new question or problem."""

    subject = forms.CharField(max_length=rules.SUBJECT, label=_("Subject"))
    priority = forms.ChoiceField(
        choices=Ticket.Priority.choices,
        initial=Ticket.Priority.NORMAL,
        widget=forms.RadioSelect,
        label=_("How urgent is it?"),
    )
    body = body_field(_("What happens, and what did you expect?"), rows=8)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        written = rules.TicketData(*(values.get(name, "") for name in ("subject", "body", "priority")))
        show_problems(self, rules.ticket_problems(written))
        return values


class BodyForm(forms.Form):
    """A text, and nothing else."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        show_problems(self, rules.body_problems(values.get("body", "")))
        return values


class ReplyForm(BodyForm):
    """A message to the other side."""

    body = body_field(_("Your reply"))


class NoteForm(BodyForm):
    """A note that only engineers read."""

    prefix = "note"
    body = body_field(_("Internal note"), rows=3)


class TicketFilter(Filters):
    """Filters of a customer's own tickets."""

    state = forms.ChoiceField(
        required=False,
        choices=[
            ("", _("All")),
            (states.OPEN, _("Waiting for in4it")),
            (states.WAITING, _("Waiting for you")),
            (states.CLOSED, _("Closed")),
        ],
        label=_("State"),
    )
    q = search(_("Subject"))


class QueueFilter(Filters):
    """Filters of the engineers' queue, which shows what waits for in4it unless something else is asked for."""

    state = forms.ChoiceField(
        required=False,
        initial=states.OPEN,
        choices=[
            (states.OPEN, _("Waiting for us")),
            (states.WAITING, _("Waiting for the customer")),
            (states.CLOSED, _("Closed")),
            ("all", _("All")),
        ],
        label=_("State"),
    )
    priority = forms.ChoiceField(
        required=False, choices=[("", _("Any")), *Ticket.Priority.choices], label=_("Priority")
    )
    whose = forms.ChoiceField(
        required=False, choices=[("", _("Everybody's")), ("mine", _("Mine"))], label=_("Assigned")
    )


class CockpitFilter(Filters):
    """Whose tickets the cockpit shows."""

    whose = forms.ChoiceField(
        required=False,
        choices=[("", _("Everybody's")), ("mine", _("Mine")), ("unassigned", _("Unassigned"))],
        label=_("Assigned"),
    )
