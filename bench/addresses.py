"""Which pages bench/pages opens, as whom, with which rows behind them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from deployments.models import Deployment, Service
from portal.core.lists.paging import Ordered
from portal.core.models import AuditEvent
from portal.support.models import Ticket

OVERVIEW_QUERIES, PAGE_QUERIES = 10, 8


@dataclass(frozen=True)
class Asked:
    """A page, who opens it, and how many queries it may take."""

    name: str
    path: str
    who: str
    queries: int = PAGE_QUERIES


def pages() -> list[Asked]:
    """All that people open daily; the deep ones are as far down as the list goes."""
    large = "/c/large/"
    service = Service.objects.filter(customer__slug="large").order_by("name")[0]
    deployment = Deployment.objects.filter(customer__slug="large").latest("id")
    ticket = Ticket.objects.latest("id")
    month = (timezone.localdate().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    return [
        Asked("overview", large, "large", OVERVIEW_QUERIES),
        Asked("overview, 1,000 services", "/c/medium/", "medium", OVERVIEW_QUERIES),
        Asked("overview, 500 environments", "/c/wide/", "wide", OVERVIEW_QUERIES),
        Asked("services", f"{large}services/", "large"),
        Asked("services, searched", f"{large}services/?q=service-09", "large"),
        Asked("services, 500 environments", "/c/wide/services/", "wide"),
        Asked("service", f"{large}services/{service.name}/", "large"),
        Asked("service, 500 environments", "/c/wide/services/service-00001/", "wide"),
        Asked("deployments", f"{large}deployments/", "large"),
        Asked("deployments, deep", f"{large}deployments/?after={_deep_deployments()}", "large"),
        Asked("deployments, failed", f"{large}deployments/?state=failed", "large"),
        Asked("deployment", f"{large}deployments/{deployment.pk}/", "large"),
        Asked("environments, 500", "/c/wide/environments/", "wide"),
        Asked("environment, 10,000 services", f"{large}environments/dev/", "large"),
        Asked("environment's people", f"{large}environments/dev/people/", "large"),
        Asked("configuration", f"{large}configuration/", "large"),
        Asked("configuration, 500 envs", "/c/wide/configuration/", "wide"),
        Asked("support, 5,500 tickets", f"{large}support/", "large"),
        Asked("billing", f"{large}billing/", "large"),
        Asked("people, 1,000", f"{large}people/", "large"),
        Asked("AWS accounts", f"{large}aws-accounts/", "large"),
        Asked("company", f"{large}company/", "large"),
        Asked("audit, 100,000 events", f"{large}audit/", "large"),
        Asked("audit, deep", f"{large}audit/?after={_deep_events()}", "large"),
        Asked("cockpit, 5,500 tickets", "/staff/cockpit/", "engineer", OVERVIEW_QUERIES),
        Asked("staff tickets", "/staff/tickets/", "engineer"),
        Asked("staff ticket", f"/staff/tickets/{ticket.pk}/", "engineer"),
        Asked("customers, 12,000", "/staff/customers/", "engineer"),
        Asked("fleet", "/staff/fleet/", "engineer"),
        Asked("staff audit", "/staff/audit/", "engineer"),
        Asked("queues", "/staff/queues/", "engineer"),
        Asked("invoices", "/staff/finance/invoices/", "finance"),
        Asked("finance customers", "/staff/finance/customers/", "finance"),
        Asked("finance month", f"/staff/finance/?month={month}", "finance", OVERVIEW_QUERIES),
    ]


def _deep_deployments() -> str:
    return _deep(Ordered(Deployment.objects.filter(customer__slug="large"), ("-id",)))


def _deep_events() -> str:
    return _deep(Ordered(AuditEvent.objects.filter(customer__slug="large"), ("-id",)))


def _deep(rows: Ordered[Any]) -> str:
    """The cursor of a row near the end of the list."""
    return rows._cursor(rows.all(backwards=True)[60])  # noqa: SLF001 - as a page has it
