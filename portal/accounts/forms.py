"""Forms about people and customers."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.utils.translation import gettext_lazy as _

from portal.accounts import rules
from portal.accounts.countries import COUNTRIES
from portal.accounts.models import Customer, Invitation, Role
from portal.core.forms import read_as, show_problems
from portal.core.lists import Filters, search


class CompanyForm(forms.ModelForm[Customer]):
    """Who the customer is in law, and where its invoices go."""

    country = forms.ChoiceField(choices=list(COUNTRIES.items()), label=_("Country"))

    class Meta:
        model = Customer
        fields = (
            "legal_name",
            "street",
            "postal_code",
            "city",
            "country",
            "is_business",
            "vat_number",
            "billing_email",
            "reference",
        )
        labels = {
            "legal_name": _("Legal name"),
            "street": _("Street and number"),
            "postal_code": _("Postal code"),
            "city": _("City"),
            "is_business": _("A company or other organisation that acts as one for VAT"),
            "vat_number": _("VAT number"),
            "billing_email": _("E-mail address for invoices"),
            "reference": _("Your reference"),
        }
        help_texts = {
            "legal_name": _("As it stands in the company register."),
            "vat_number": _("With or without the country's letters; checked for typing errors."),
            "reference": _("An order or contract number to be shown on every invoice."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("legal_name", "street", "postal_code", "city"):  # no invoice without them
            self.fields[name].required = True

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        show_problems(self, rules.company_problems(read_as(rules.CompanyData, values)))
        return values


class InviteForm(forms.ModelForm[Invitation]):
    """Whom to invite, as what."""

    class Meta:
        model = Invitation
        fields = ("email", "role")
        labels = {"email": _("E-mail address")}
        help_texts = {
            "role": _(
                "Owners do everything, developers deploy and configure, billing sees invoices, viewers only look."
            )
        }

    def __init__(self, *args: Any, roles: Sequence[Role] = tuple(Role), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(
            choices=[(role.value, role.label) for role in roles],
            initial=Role.DEVELOPER,
            label=_("Role"),
            help_text=self.fields["role"].help_text,
        )

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        show_problems(self, rules.invitation_problems(read_as(rules.InvitationData, values)))
        return values


class JoinForm(forms.Form):
    """The new account of somebody who was invited."""

    name = forms.CharField(max_length=120, label=_("Your name"), widget=forms.TextInput({"autocomplete": "name"}))
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
        label=_("Password"),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        account = read_as(rules.AccountData, {**values, "email": self.email})
        show_problems(self, rules.account_problems(account))
        return values


class CustomerForm(forms.ModelForm[Customer]):
    """A new customer and its first owner."""

    owner_email = forms.EmailField(label=_("First owner's e-mail address"), help_text=_("Gets an invitation."))

    class Meta:
        model = Customer
        fields = ("name", "slug")
        labels = {"name": _("Name"), "slug": _("Short name")}
        help_texts = {
            "slug": _("At most 20 lower-case letters, digits and dashes. Part of addresses and AWS names: it stays.")
        }

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        show_problems(self, rules.customer_problems(read_as(rules.CustomerData, values)))
        return values


class CustomerSearch(Filters):
    """The search above the list of customers."""

    q = search(_("Search"))


class AuditFilter(Filters):
    """The filters above the audit log."""

    who = search(_("Who"))
    what = search(_("What"))
    since = forms.DateField(required=False, label=_("From"), widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, label=_("Until"), widget=forms.DateInput({"type": "date"}))
