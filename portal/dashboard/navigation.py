"""The menu, the customer switcher and the banners, for whoever looks."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from portal.accounts.models import Customer, Membership, Role
from portal.accounts.permissions import ENGINEERS, FINANCE, Can, capabilities, person
from portal.core.words import Words


@dataclass(frozen=True)
class Entry:
    """A line of the menu: `covers` are other pages under which it is shown as the present one."""

    label: Words
    name: str
    icon: str
    can: Can = Can.VIEW
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """A line of the menu as the template shows it."""

    label: Words
    url: str
    icon: str
    active: bool
    count: int = 0


@dataclass(frozen=True)
class Banner:
    """A line above every page. `kind`: info, warning or danger."""

    kind: str
    text: Words


DEMO_BANNERS = {
    "docker": gettext_lazy("Demonstration on a local AWS: tasks are real containers on this machine."),
    "process": gettext_lazy(
        "Demonstration on a local AWS: the sample application's tasks are processes on this "
        "machine, any other image is simulated."
    ),
}
CONFIGURATION = tuple(
    f"configuration_{page}" for page in ("keys", "history", "review", "edit", "save", "resolve", "reveal")
)
CUSTOMER = (
    Entry(gettext_lazy("Overview"), "overview", "layout-dashboard"),
    Entry(gettext_lazy("Services"), "services", "apps", covers=("service", "service_new", "service_edit", "deploy")),
    Entry(
        gettext_lazy("Environments"),
        "environments",
        "server-2",
        covers=("environment", "environment_new", "environment_delete"),
    ),
    Entry(gettext_lazy("Deployments"), "deployments", "rocket", covers=("deployment",)),
    Entry(gettext_lazy("Configuration"), "configuration", "adjustments", covers=CONFIGURATION),
    Entry(gettext_lazy("Support"), "support", "lifebuoy", covers=("ticket", "ticket_new", "ticket_reply")),
    Entry(gettext_lazy("Billing"), "billing", "receipt-euro", Can.BILLING, covers=("invoice",)),
    Entry(gettext_lazy("AWS accounts"), "aws_accounts", "cloud", covers=("aws_account", "aws_account_new")),
    Entry(gettext_lazy("People"), "people", "users"),
    Entry(gettext_lazy("Company"), "company", "building", Can.COMPANY),
    Entry(gettext_lazy("Audit log"), "audit", "list-check", Can.AUDIT),
)
ENGINEER = (
    Entry(gettext_lazy("Cockpit"), "cockpit", "layout-dashboard"),
    Entry(
        gettext_lazy("Tickets"),
        "tickets",
        "lifebuoy",
        covers=("staff_ticket", "staff_ticket_reply", "staff_ticket_note"),
    ),
    Entry(gettext_lazy("Customers"), "customers", "building", covers=("customer_new",)),
    Entry(gettext_lazy("Fleet"), "fleet", "server-2"),
    Entry(gettext_lazy("Queues"), "queues", "stack-2"),
    Entry(gettext_lazy("Audit"), "staff_audit", "list-check"),
)
MONEY = (
    Entry(gettext_lazy("Month"), "finance_month", "calendar-month"),
    Entry(gettext_lazy("Invoices"), "finance_invoices", "receipt-euro", covers=("finance_invoice",)),
    Entry(gettext_lazy("Subscriptions"), "finance_customers", "building"),
)


def site(request: HttpRequest) -> dict[str, object]:
    """The context processor behind templates/base.html."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], "banners": _banners()}
    customer, can = _place(request)
    return {
        "nav": _customer_menu(request, customer, can) if customer else _staff_menu(request, user.staff_role),
        "nav_title": customer.name if customer else "in4it",
        "customer": customer,
        "customers": _customers(user.own_memberships),
        "can": {each.name: each in can for each in Can},
        "banners": _banners(),
        "look_roles": list(Role),
    }


def _customers(memberships: list[Membership]) -> list[dict[str, str]]:
    return [{"name": m.customer.name, "url": reverse("overview", args=[m.customer.slug])} for m in memberships]


def _place(request: Any) -> tuple[Customer | None, frozenset[Can]]:
    """The customer whose pages are looked at; elsewhere (the account pages) that of people who have just one."""
    if hasattr(request, "customer"):
        return request.customer, request.can
    memberships = request.user.own_memberships
    if len(memberships) == 1 and not request.user.staff_role:
        customer = memberships[0].customer
        return customer, capabilities(person(request.user), customer)
    return None, frozenset()


def _customer_menu(request: HttpRequest, customer: Customer, can: frozenset[Can]) -> list[Item]:
    return [_item(request, entry, customer.slug) for entry in CUSTOMER if entry.can in can]


def _staff_menu(request: HttpRequest, role: str) -> list[Item]:
    entries = (ENGINEER if role in ENGINEERS else ()) + (MONEY if role in FINANCE else ())
    return [_item(request, entry) for entry in entries]


def _item(request: HttpRequest, entry: Entry, *args: str) -> Item:
    here = request.resolver_match.url_name if request.resolver_match else ""
    active = here == entry.name or here in entry.covers
    return Item(entry.label, reverse(entry.name, args=args), entry.icon, active)


def _banners() -> list[Banner]:
    return [Banner("info", DEMO_BANNERS[settings.DEMO])] if settings.DEMO in DEMO_BANNERS else []
