"""The form about an AWS account."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from portal.core.forms import read_as, show_problems
from provisioning.accounts.rules import KEY_LENGTH, NAME_LENGTH, ROLE_NAME, AccountData, normal, problems_of
from provisioning.models import AwsAccount


class AccountForm(forms.Form):
    """A customer's AWS account, and how the portal gets in."""

    name = forms.CharField(
        max_length=NAME_LENGTH,
        help_text=gettext_lazy("What you call this account, for example Main."),
        label=gettext_lazy("Name"),
    )
    account_id = forms.CharField(
        label=gettext_lazy("Account number"), help_text=gettext_lazy("12 digits, at the top right of the AWS console.")
    )
    access = forms.ChoiceField(
        label=gettext_lazy("How the portal gets in"),
        choices=AwsAccount.Access.choices,
        initial=AwsAccount.Access.ROLE,
        widget=forms.RadioSelect,
    )
    role_name = forms.CharField(
        initial=ROLE_NAME,
        required=False,
        strip=False,
        help_text=gettext_lazy("Only for a role. You make it on the next page, from a template."),
        label=gettext_lazy("Role name"),
    )
    access_key_id = forms.CharField(
        label=gettext_lazy("Access key ID"),
        max_length=KEY_LENGTH,
        required=False,
        help_text=gettext_lazy("Only for a key."),
    )
    secret_access_key = forms.CharField(
        max_length=KEY_LENGTH,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Only for a key. It is stored encrypted and never shown again."),
        label=gettext_lazy("Secret access key"),
    )

    def __init__(self, *args: Any, account: AwsAccount | None = None, **kwargs: Any) -> None:
        self.has_secret = bool(account and account.secret_access_key)
        if account:
            shown = ("name", "account_id", "access", "role_name", "access_key_id")
            kwargs["initial"] = {name: getattr(account, name) for name in shown}
        super().__init__(*args, **kwargs)
        if self.has_secret:
            self.fields["secret_access_key"].help_text = "A key is stored. Leave this empty to keep it."

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        entered = normal(read_as(AccountData, data))
        show_problems(self, problems_of(entered, has_secret=self.has_secret))
        return data

    def data_entered(self) -> AccountData:
        """The valid form as the services take it."""
        return AccountData(**self.cleaned_data)
