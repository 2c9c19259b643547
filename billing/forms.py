"""What finance types and chooses; everything that filters is in the URL."""

import re
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing import states
from billing.rules.rulings import ruling_problems
from billing.rules.runs import Seen, month_problems, seen_problems
from billing.rules.subscriptions import NO_START, start_conflicts, start_problems
from billing.rules.terms import Month
from deployments.models import Application
from portal.accounts.models import Customer
from portal.core.forms import show_problems
from portal.core.lists import Filters, search
from portal.core.looks import look_of

STATES = [
    ("", _("All")),
    *((name, look_of(name).label) for name in (states.DRAFT, states.ISSUED, states.SENT, states.PAID)),
]


def said(form: forms.BaseForm) -> str:
    """All that a form refuses, for a page that has one place to say it."""
    return " ".join(str(sentence) for sentences in form.errors.values() for sentence in sentences)


class MonthField(forms.Field):
    """A month as browsers write it: 2026-10."""

    widget = forms.TextInput({"type": "month"})

    def to_python(self, value: str | None) -> Month | None:
        if not value:
            return None
        found = re.fullmatch(r"(2\d{3})-(0[1-9]|1[0-2])", value)
        if not found:
            raise forms.ValidationError(_("Write the month as 2026-10."))
        return Month(int(found[1]), int(found[2]))

    def prepare_value(self, value: Any) -> Any:
        return value.value if isinstance(value, Month) else value


class MonthFilter(Filters):
    """Which month a page is about."""

    month = MonthField(required=False, label=_("Month"))


class InvoiceFilter(Filters):
    """The filters above the list of invoices."""

    month = MonthField(required=False, label=_("Month"))
    customer = search(_("Customer"))
    state = forms.ChoiceField(required=False, choices=STATES, label=_("State"))


class CustomerFilter(Filters):
    """The filters above finance's list of customers."""

    name = search(_("Customer"))
    unbilled = forms.ChoiceField(
        required=False, label=_("Applications"), choices=[("", _("All")), ("1", _("With some not billed"))]
    )


class SubscribeForm(forms.Form):
    """From which day an application is billed."""

    application = forms.ModelChoiceField(Application.objects.select_related("customer"), label=_("Application"))
    starts_on = forms.DateField(error_messages={"required": NO_START}, label=_("Starts on"))

    def clean(self) -> dict[str, Any]:
        application, starts_on = self.cleaned_data.get("application"), self.cleaned_data.get("starts_on")
        show_problems(self, start_problems(application, starts_on, timezone.localdate()))
        if application and starts_on and not self.errors:
            show_problems(self, start_conflicts(application, starts_on))
        return self.cleaned_data


class DraftsForm(forms.Form):
    """The month whose drafts are made."""

    month = MonthField()

    def clean(self) -> dict[str, Any]:
        if month := self.cleaned_data.get("month"):
            show_problems(self, month_problems(month, timezone.localdate()))
        return self.cleaned_data


class DraftsSeenForm(forms.Form):
    """The control totals somebody looked at before issuing."""

    month = MonthField()
    count = forms.IntegerField(required=False, label=_("Count"))
    gross = forms.DecimalField(required=False, label=_("Gross"))

    @property
    def seen(self) -> Seen:
        return Seen(self.cleaned_data.get("count"), self.cleaned_data.get("gross"))

    def clean(self) -> dict[str, Any]:
        month = self.cleaned_data.get("month")
        if month and not self.errors:
            show_problems(self, seen_problems(month, self.seen))
        return self.cleaned_data


class VatRulingForm(forms.Form):
    """Finance's decision on a customer's VAT."""

    category = forms.CharField(required=False, label=_("Category"))

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer

    def clean(self) -> dict[str, Any]:
        show_problems(self, ruling_problems(self.customer, self.cleaned_data.get("category", "")))
        return self.cleaned_data
