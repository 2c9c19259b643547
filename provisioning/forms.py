"""Forms for AWS accounts and environments."""

import re
from typing import Any

import django_filters
from django import forms
from django.conf import settings

from portal.accounts.models import Customer
from portal.core.errors import UserError
from provisioning.models import REGION_NAMES, AwsAccount, Environment
from provisioning.services import AccountData, EnvironmentData, free_slug
from provisioning.states import GONE, MOVES


def region_choices() -> list[tuple[str, str]]:
    """The regions that are offered, e.g. "Ireland (eu-west-1)"."""
    return [(code, f"{REGION_NAMES[code]} ({code})" if code in REGION_NAMES else code) for code in settings.AWS_REGIONS]


class AccountForm(forms.Form):
    """A customer's AWS account, and how the portal gets in."""

    name = forms.CharField(max_length=60, help_text="What you call this account, for example Main.")
    account_id = forms.CharField(label="Account number", help_text="12 digits, at the top right of the AWS console.")
    access = forms.ChoiceField(
        label="How the portal gets in",
        choices=AwsAccount.Access.choices,
        initial=AwsAccount.Access.ROLE,
        widget=forms.RadioSelect,
    )
    role_name = forms.RegexField(
        regex=r"^[A-Za-z0-9-]{3,64}\Z",
        initial="in4it-portal",
        required=False,
        help_text="Only for a role. You make it on the next page, from a template.",
        error_messages={"invalid": "Use 3 to 64 letters, digits and dashes."},
    )
    access_key_id = forms.CharField(label="Access key ID", max_length=128, required=False, help_text="Only for a key.")
    secret_access_key = forms.CharField(
        max_length=128,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Only for a key. It is stored encrypted and never shown again.",
    )

    def __init__(self, *args: Any, account: AwsAccount | None = None, **kwargs: Any) -> None:
        self.has_secret = bool(account and account.secret_access_key)
        if account:
            shown = ("name", "account_id", "access", "role_name", "access_key_id")
            kwargs["initial"] = {name: getattr(account, name) for name in shown}
        super().__init__(*args, **kwargs)
        if self.has_secret:
            self.fields["secret_access_key"].help_text = "A key is stored. Leave this empty to keep it."

    def clean_account_id(self) -> str:
        digits = re.sub(r"[\s-]", "", self.cleaned_data["account_id"])
        if not re.fullmatch(r"[0-9]{12}", digits):
            raise forms.ValidationError("An AWS account number has 12 digits.")
        return digits

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        data["role_name"] = data.get("role_name") or "in4it-portal"
        if data.get("access") == AwsAccount.Access.KEY:
            if not data.get("access_key_id"):
                self.add_error("access_key_id", "Enter the access key ID.")
            if not data.get("secret_access_key") and not self.has_secret:
                self.add_error("secret_access_key", "Enter the secret access key.")
        return data

    def data_entered(self) -> AccountData:
        """The valid form as the services take it."""
        return AccountData(**self.cleaned_data)


class EnvironmentForm(forms.Form):
    """A new environment."""

    account = forms.ModelChoiceField(AwsAccount.objects.none(), label="AWS account", empty_label=None)
    name = forms.CharField(max_length=40, help_text="For example Development, QA or Production.")
    kind = forms.ChoiceField(
        choices=Environment.Kind.choices,
        initial=Environment.Kind.DEV,
        widget=forms.RadioSelect,
        help_text="Production gets an outgoing gateway in each zone and is protected against deletion.",
    )
    region = forms.ChoiceField(choices=region_choices)
    size = forms.ChoiceField(
        choices=Environment.Size.choices,
        initial=Environment.Size.SMALL,
        widget=forms.RadioSelect,
        help_text="Hosts are added and removed within these bounds as your services need.",
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        accounts = AwsAccount.objects.for_customer(customer).filter(status=AwsAccount.Status.CONNECTED)
        self.fields["account"].queryset = accounts  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        try:
            free_slug(self.customer, name)
        except UserError as error:
            raise forms.ValidationError(str(error)) from error
        return name

    def data_entered(self) -> EnvironmentData:
        """The valid form as the services take it."""
        return EnvironmentData(**self.cleaned_data)


class FleetFilter(django_filters.FilterSet):
    """Filters of the fleet; they live in the URL."""

    state = django_filters.ChoiceFilter(
        choices=[(state, state.replace("_", " ").capitalize()) for state in MOVES if state not in GONE],
        empty_label="Any",
    )
    kind = django_filters.ChoiceFilter(choices=Environment.Kind.choices, empty_label="Any")
    customer = django_filters.ModelChoiceFilter(queryset=Customer.objects.all(), empty_label="Any")

    class Meta:
        model = Environment
        fields = ("state", "kind", "customer")
