"""The form about an environment, and the filters of the fleet."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Customer
from portal.core.forms import read_as, show_problems
from portal.core.lists import Filters, search
from portal.core.looks import look_of
from provisioning.accounts.selectors import connected
from provisioning.environments.rules import NAME_LENGTH, UNTESTED, EnvironmentData, problems_of
from provisioning.models import AwsAccount, Environment
from provisioning.regions import region_choices
from provisioning.states import GONE, MOVES

_NO_ACCOUNT = {"required": UNTESTED, "invalid_choice": UNTESTED}


class EnvironmentForm(forms.Form):
    """A new environment."""

    account = forms.ModelChoiceField(
        AwsAccount.objects.none(), label=_("AWS account"), empty_label=None, error_messages=_NO_ACCOUNT
    )
    name = forms.CharField(
        max_length=NAME_LENGTH, help_text=_("For example Development, QA or Production."), label=_("Name")
    )
    kind = forms.ChoiceField(
        choices=Environment.Kind.choices,
        initial=Environment.Kind.DEV,
        widget=forms.RadioSelect,
        help_text=_("Production gets an outgoing gateway in each zone and is protected against deletion."),
        label=_("Kind"),
    )
    region = forms.ChoiceField(choices=region_choices, label=_("Region"))
    size = forms.ChoiceField(
        choices=Environment.Size.choices,
        initial=Environment.Size.SMALL,
        widget=forms.RadioSelect,
        help_text=_("Hosts are added and removed within these bounds as your services need."),
        label=_("Size"),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        self.fields["account"].queryset = connected(customer)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        show_problems(self, problems_of(self.customer, read_as(EnvironmentData, {"account": None} | data)))
        return data

    def data_entered(self) -> EnvironmentData:
        """The valid form as the services take it."""
        return EnvironmentData(**self.cleaned_data)


class FleetFilter(Filters):
    """Filters of the fleet. Customers are too many to choose from: a part of the name finds them."""

    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("Any")), *((state, look_of(state).label) for state in MOVES if state not in GONE)],
    )
    kind = forms.ChoiceField(required=False, label=_("Kind"), choices=[("", _("Any")), *Environment.Kind.choices])
    customer = search(_("Customer"))
