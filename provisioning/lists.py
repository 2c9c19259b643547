"""The lists of environments and AWS accounts."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Membership, Role
from portal.core.lists import Listing, moment, number, state, text
from portal.core.looks import look_of
from provisioning.guests import Health
from provisioning.models import AwsAccount, Environment


@dataclass(frozen=True)
class Afloat:
    """An environment of the fleet, and how what runs in it is."""

    environment: Environment
    health: Health


def _page(row: Afloat, _request: HttpRequest) -> str:
    return row.environment.get_absolute_url()


FLEET: Listing[Afloat] = Listing(
    "fleet",
    _("Environments"),
    (
        text("environment", _("Environment"), lambda row: row.environment.name, url=_page, sort="name", first=True),
        text("customer", _("Customer"), lambda row: row.environment.customer.name, sort="customer__name"),
        text("kind", _("Kind"), lambda row: row.environment.get_kind_display(), sort="kind"),
        state("state", _("State"), lambda row: row.environment.state, sort="state"),
        text(
            "services",
            _("Services"),
            lambda row: look_of(row.health.state).word,
            template="provisioning/fleet_health.html",
        ),
        text("region", _("Region"), lambda row: row.environment.region_name, sort="region"),
        text("size", _("Size"), lambda row: row.environment.get_size_display(), sort="size"),
        moment("changed", _("Last change"), lambda row: row.environment.changed_at, sort="changed_at"),
    ),
    order=("trouble", "-id"),
)


@dataclass(frozen=True)
class Card:
    """An environment on the customer's page of them."""

    environment: Environment
    sentence: str
    url: str
    health: Health


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
        text("health", _("Services"), lambda row: look_of(row.health.state).word),
    ),
    order=("place", "id"),
)


@dataclass(frozen=True)
class MemberHere:
    """A member, and the role that counts for them in the environment; empty: that in the company."""

    member: Membership
    role: str


PEOPLE: Listing[MemberHere] = Listing(
    "people",
    _("People"),
    (
        text("name", _("Name"), lambda row: row.member.user.name, sort="user__name", first=True),
        text("role", _("Role in the company"), lambda row: row.member.get_role_display(), sort="role"),
        text(
            "here",
            _("Role here"),
            lambda row: Role(row.role or row.member.role).label,
            template="provisioning/environment_role.html",
        ),
    ),
    order=("user__name",),
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
