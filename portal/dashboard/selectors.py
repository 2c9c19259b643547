"""What the overview shows: what needs the customer now, where everything runs, what happened last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from billing import states as invoice_states
from billing.models import Invoice
from deployments import states as deployment_states
from deployments.catalog import selectors as catalog
from deployments.catalog.selectors import Row
from deployments.models import Deployment
from portal.accounts.models import Customer, Membership
from portal.support import states as ticket_states
from portal.support.models import Ticket
from provisioning import states as environment_states
from provisioning.accounts.selectors import has_connected
from provisioning.models import Environment

GRID_SERVICES = 20
LAST = 8
FAILED_DAYS = 7
ENVIRONMENT_SENTENCES = {
    environment_states.PLANNED: "The plan of {name} waits for your approval.",
    environment_states.FAILED: "{name} could not be created.",
    environment_states.DELETE_FAILED: "{name} could not be deleted.",
}


@dataclass(frozen=True)
class Attention:
    """Something that needs somebody now, with the page where it is done."""

    icon: str
    text: str
    detail: str
    url: str
    at: datetime | None


@dataclass(frozen=True)
class Task:
    """A line of the checklist of a new customer."""

    label: str
    text: str
    url: str
    done: bool


def grid(customer: Customer, columns: list[Environment]) -> tuple[list[Row], bool]:
    """The first services by name in each environment, and whether there are more."""
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


def failed_rollouts(customer: Customer) -> list[Deployment]:
    """Rollouts of the last days that ended badly and that no later rollout to the same place made good."""
    since = timezone.now() - timedelta(days=FAILED_DAYS)
    made_good = Deployment.objects.filter(
        placement=OuterRef("placement"), pk__gt=OuterRef("pk"), state=deployment_states.SUCCEEDED
    )
    rows = Deployment.objects.for_customer(customer).filter(
        state__in=deployment_states.ENDED_BADLY, finished_at__gte=since
    )
    # In the order of the index deployment_ended_badly: by id PostgreSQL would read every rollout where none failed.
    return list(_named(rows.exclude(Exists(made_good))).order_by("-finished_at")[:LAST])


def attention(
    customer: Customer, places: list[Environment], tickets: list[Ticket], invoices: list[Invoice]
) -> list[Attention]:
    """What needs the customer now, the most urgent kind first."""
    slug, today = customer.slug, timezone.localdate()
    found = [
        Attention(
            "rocket-off",
            f"{d.release} did not reach {d.environment.name}.",
            str(d.reason),
            _deployment(slug, d),
            d.finished_at,
        )
        for d in failed_rollouts(customer)
    ]
    found += [
        Attention(
            "server-2", ENVIRONMENT_SENTENCES[e.state].format(name=e.name), str(e.reason), _environment(slug, e), None
        )
        for e in places
        if e.state in ENVIRONMENT_SENTENCES
    ]
    found += [
        Attention(
            "message",
            f"Ticket “{t.subject}” waits for your answer.",
            "",
            reverse("ticket", args=[slug, t.pk]),
            t.updated_at,
        )
        for t in tickets
        if t.state == ticket_states.WAITING
    ]
    found += [
        Attention("receipt-euro", f"Invoice {i.number} is overdue.", "", reverse("invoice", args=[slug, i.pk]), None)
        for i in invoices
        if i.due_on and i.due_on < today
    ]
    return found


def checklist(customer: Customer, places: Iterable[Environment], rows: list[Row], deployed: bool) -> list[Task]:
    """The steps of a new customer, in the order in which they make sense."""
    slug = customer.slug
    connected = has_connected(customer)
    colleagues = Membership.objects.for_customer(customer).count() > 1
    company = bool(customer.legal_name and customer.city)
    ready = any(place.is_ready for place in places)
    return [
        Task("Fill in your company's data", "They go on your invoices.", reverse("company", args=[slug]), company),
        Task(
            "Connect your AWS account",
            "Your environments live in your own account.",
            _of("aws_accounts", slug),
            connected,
        ),
        Task("Create your first environment", "You see and approve the plan first.", _of("environments", slug), ready),
        Task(
            "Register your first service", "You get a repository to push images to.", _of("services", slug), bool(rows)
        ),
        Task("Deploy it", "Choose an image; we watch its health.", _of("services", slug), deployed),
        Task("Invite your colleagues", "Each with a role of their own.", _of("people", slug), colleagues),
    ]


def _of(name: str, slug: str) -> str:
    return reverse(name, args=[slug])


def _deployment(slug: str, row: Deployment) -> str:
    return reverse("deployment", args=[slug, row.pk])


def _environment(slug: str, row: Environment) -> str:
    return reverse("environment", args=[slug, row.slug])
