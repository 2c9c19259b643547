"""What the overview shows: what needs the customer now, where everything runs, what happened last."""

from collections.abc import Iterable, Set
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from billing import states as invoice_states
from billing.models import Invoice
from deployments.availability.endings import bad_endings
from deployments.availability.selectors import Outage
from deployments.catalog import selectors as catalog
from deployments.catalog.selectors import Row
from deployments.models import Deployment
from portal.accounts.models import Customer, Membership
from portal.accounts.permissions import Can
from portal.dashboard import attention as lines
from portal.dashboard.attention import Attention
from portal.support import states as ticket_states
from portal.support.models import Ticket
from provisioning.accounts.selectors import has_connected
from provisioning.models import Environment

GRID_SERVICES = 20
LAST = 8


@dataclass(frozen=True)
class Task:
    """A line of the checklist of a new customer."""

    label: str
    text: str
    url: str
    done: bool


def grid(customer: Customer, columns: list[Environment]) -> tuple[list[Row], bool]:
    """The first services in each environment, by name after those that do not answer, and whether there are more."""
    found = list(catalog.services(customer)[: GRID_SERVICES + 1])
    return catalog.grid(found[:GRID_SERVICES], columns), len(found) > GRID_SERVICES


def last_deployments(customer: Customer) -> list[Deployment]:
    """The latest rollouts, newest first."""
    return list(_named(Deployment.objects.for_customer(customer))[:LAST])


def _named(rows: QuerySet[Deployment]) -> QuerySet[Deployment]:
    """Only what a line about a rollout shows; the rest is wide (settings, observations, plans)."""
    shown = ("state", "reason", "created_at", "finished_at", "environment__name")
    release = ("release__tag", "release__digest", "release__service__name")
    return rows.select_related("environment", "release__service").only(*shown, *release)


def open_tickets(customer: Customer) -> list[Ticket]:
    """Tickets that are not closed, those last touched first."""
    return list(Ticket.objects.for_customer(customer).exclude(state=ticket_states.CLOSED).defer("context")[:LAST])


def unpaid_invoices(customer: Customer) -> list[Invoice]:
    """Invoices that were issued and not paid yet."""
    issued = (invoice_states.ISSUED, invoice_states.SENT)
    return list(Invoice.objects.for_customer(customer).filter(state__in=issued).defer("pdf", "seller", "buyer")[:LAST])


def attention(
    customer: Customer,
    can: Set[Can],
    *,
    outages: list[Outage],
    places: list[Environment],
    tickets: list[Ticket],
    invoices: list[Invoice],
) -> list[Attention]:
    """What needs those who `can` now: first what does not answer."""
    slug = customer.slug
    return [
        *lines.of_outages(slug, outages, can),
        *lines.of_failures(slug, bad_endings(customer, LAST), can),
        *lines.of_environments(slug, places, can),
        *lines.of_tickets(slug, tickets, can),
        *lines.of_invoices(slug, invoices, can),
    ]


def checklist(customer: Customer, places: Iterable[Environment], rows: list[Row], deployed: bool) -> list[Task]:
    """The steps of a new customer, in the order in which they make sense."""
    slug = customer.slug
    connected = has_connected(customer)
    colleagues = Membership.objects.for_customer(customer).count() > 1
    company = bool(customer.legal_name and customer.city)
    ready = any(place.is_ready for place in places)
    return [
        Task(
            _("Fill in your company's data"), _("They go on your invoices."), reverse("company", args=[slug]), company
        ),
        Task(
            _("Connect your AWS account"),
            _("Your environments live in your own account."),
            _of("aws_accounts", slug),
            connected,
        ),
        Task(
            _("Create your first environment"),
            _("You see and approve the plan first."),
            _of("environments", slug),
            ready,
        ),
        Task(
            _("Register your first service"),
            _("You get a repository to push images to."),
            _of("services", slug),
            bool(rows),
        ),
        Task(_("Deploy it"), _("Choose an image; we watch its health."), _of("services", slug), deployed),
        Task(_("Invite your colleagues"), _("Each with a role of their own."), _of("people", slug), colleagues),
    ]


def _of(name: str, slug: str) -> str:
    return reverse(name, args=[slug])
