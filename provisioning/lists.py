"""The lists of environments and AWS accounts."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from portal.core.lists import Column, Listing, moment, number, state, text
from provisioning.models import AwsAccount, Environment

KIND: Column[Environment] = text("kind", _("Kind"), lambda row: row.get_kind_display(), sort="kind")
STATE: Column[Environment] = state("state", _("State"), lambda row: row.state, sort="state")
REGION: Column[Environment] = text("region", _("Region"), lambda row: row.region_name, sort="region")


def _page(environment: Environment, _request: HttpRequest) -> str:
    return environment.get_absolute_url()


FLEET: Listing[Environment] = Listing(
    "fleet",
    _("Environments"),
    (
        text("environment", _("Environment"), lambda row: row.name, url=_page, sort="name", first=True),
        text("customer", _("Customer"), lambda row: row.customer.name, sort="customer__name"),
        KIND,
        STATE,
        REGION,
        text("size", _("Size"), lambda row: row.size.capitalize(), sort="size"),
        moment("changed", _("Last change"), lambda row: row.changed_at, sort="changed_at"),
    ),
)


@dataclass(frozen=True)
class Card:
    """An environment on the customer's page of them."""

    environment: Environment
    sentence: str
    url: str


ENVIRONMENTS: Listing[Card] = Listing(
    "environments",
    _("Environments"),
    (
        text("environment", _("Environment"), lambda row: row.environment.name, sort="name"),
        text("kind", _("Kind"), lambda row: row.environment.get_kind_display()),
        state("state", _("State"), lambda row: row.environment.state, sort="state"),
        text("region", _("Region"), lambda row: row.environment.region_name),
        text("account", _("Account"), lambda row: row.environment.account.name, sort="account__name"),
        moment("made", _("Made"), lambda row: row.environment.created_at, sort="created_at"),
        text("address", _("Address"), lambda row: row.url if row.environment.is_ready else ""),
        text("sentence", _("Where it stands"), lambda row: row.sentence),
    ),
    order=("place", "id"),
)


def _account_page(account: AwsAccount, request: HttpRequest) -> str:
    return reverse("aws_account", args=[request.customer.slug, account.pk])  # type: ignore[attr-defined]


def _access(account: AwsAccount) -> str:
    return str(_("Access key") if account.access == AwsAccount.Access.KEY else _("Role"))


ACCOUNTS: Listing[AwsAccount] = Listing(
    "aws-accounts",
    _("AWS accounts"),
    (
        text("account", _("Account"), lambda row: row.name, url=_account_page, sort="name", first=True),
        text(
            "number",
            _("Number"),
            lambda row: row.account_id,
            html=lambda row: format_html("<code>{}</code>", row.account_id),
            sort="account_id",
        ),
        text("access", _("Access"), _access),
        state("connection", _("Connection"), lambda row: row.state, sort="state"),
        number("environments", _("Environments"), lambda row: row.in_use, sort="in_use"),  # type: ignore[attr-defined]
        moment("tested", _("Tested"), lambda row: row.checked_at, sort="checked_at"),
    ),
    order=("name",),
)
