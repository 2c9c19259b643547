"""Forms of tickets, and the filters of their lists."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.core.forms import show_problems
from portal.support import rules, states
from portal.support.models import Ticket


def body_field(label: str, rows: int = 5) -> forms.CharField:
    """What somebody writes."""
    return forms.CharField(label=label, max_length=rules.BODY, widget=forms.Textarea({"rows": rows}))


class TicketForm(forms.Form):
    """A new question or problem."""

    subject = forms.CharField(max_length=rules.SUBJECT)
    priority = forms.ChoiceField(
        choices=Ticket.Priority.choices,
        initial=Ticket.Priority.NORMAL,
        widget=forms.RadioSelect,
        label="How urgent is it?",
    )
    body = body_field("What happens, and what did you expect?", rows=8)

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

    body = body_field("Your reply")


class NoteForm(BodyForm):
    """A note that only engineers read."""

    prefix = "note"
    body = body_field("Internal note", rows=3)


class Filter(forms.Form):
    """Filters in the address; nonsense there is no filter."""

    def value(self, name: str) -> str:
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")


class TicketFilter(Filter):
    """Filters of a customer's own tickets."""

    state = forms.ChoiceField(
        required=False,
        choices=[
            ("", "All"),
            (states.OPEN, "Waiting for in4it"),
            (states.WAITING, "Waiting for you"),
            (states.CLOSED, "Closed"),
        ],
    )
    q = forms.CharField(required=False, max_length=100, label="Subject", widget=forms.TextInput({"type": "search"}))


class QueueFilter(Filter):
    """Filters of the engineers' queue, which shows what waits for in4it unless something else is asked for."""

    state = forms.ChoiceField(
        required=False,
        choices=[
            (states.OPEN, "Waiting for us"),
            (states.WAITING, "Waiting for the customer"),
            (states.CLOSED, "Closed"),
            ("all", "All"),
        ],
    )
    priority = forms.ChoiceField(required=False, choices=[("", "Any"), *Ticket.Priority.choices])
    whose = forms.ChoiceField(required=False, choices=[("", "Everybody's"), ("mine", "Mine")], label="Assigned")

    def __init__(self, data: Any) -> None:
        super().__init__({"state": states.OPEN, **data.dict()})

    @property
    def state_wanted(self) -> str:
        """Empty for all."""
        return "" if self.value("state") == "all" else self.value("state") or states.OPEN


class CockpitFilter(Filter):
    """Whose tickets the cockpit shows."""

    whose = forms.ChoiceField(
        required=False,
        choices=[("", _("Everybody's")), ("mine", _("Mine")), ("unassigned", _("Unassigned"))],
        label=_("Assigned"),
    )
