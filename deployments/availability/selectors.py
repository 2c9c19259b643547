"""Questions about what answers: now, and by month."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, FilteredRelation, Min, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from deployments.models import Availability, Placement, Service
from portal.accounts.models import Customer, User
from provisioning import states as environment_states
from provisioning.guests import Health
from provisioning.models import Environment

MOST = 1_000  # places that do not answer; those of one environment are one line


@dataclass(frozen=True)
class Outage:
    """What does not answer now in one environment."""

    environment: Environment
    services: tuple[str, ...]
    since: datetime
    seen_by: User | None = None
    seen_at: datetime | None = None

    @property
    def is_production(self) -> bool:
        return self.environment.kind == Environment.Kind.PRODUCTION


def serving() -> QuerySet[Placement]:
    """What is to answer: it was deployed successfully, and its environment stands."""
    return Placement.objects.filter(release__isnull=False, environment__state=environment_states.READY)


def asked_from_outside() -> QuerySet[Placement]:
    """What has an address of its own."""
    return serving().filter(service__exposure=Service.Exposure.PUBLIC)


def outages(customer: Customer | None = None) -> list[Outage]:
    """What does not answer now, by environment: production first, then what has lasted longest. In one query."""
    rows = serving().filter(failing_since__isnull=False)
    if customer:
        rows = rows.filter(customer=customer)
    grouped: dict[int, list[Placement]] = defaultdict(list)
    joined = rows.select_related("service", "environment__customer", "seen_by")
    for row in joined.order_by("failing_since", "service__name")[:MOST]:
        grouped[row.environment_id].append(row)
    found = [_outage(each) for each in grouped.values()]
    return sorted(found, key=lambda each: (not each.is_production, each.since))


def _outage(rows: Sequence[Placement]) -> Outage:
    names = tuple(sorted(row.service.name for row in rows))
    since = min(row.failing_since for row in rows if row.failing_since)
    seen = [row for row in rows if _is_seen(row)]
    if len(seen) < len(rows):  # something more has failed since somebody looked
        return Outage(rows[0].environment, names, since)
    last = max(seen, key=lambda row: row.seen_at or since)
    return Outage(rows[0].environment, names, since, last.seen_by, last.seen_at)


def _is_seen(row: Placement) -> bool:
    return bool(row.seen_at and row.failing_since and row.seen_at >= row.failing_since)


def health_of(environments: Collection[int]) -> dict[int, Health]:
    """How the services of each of these environments (by pk) are, in one query; without those where nothing runs."""
    month = FilteredRelation("availability", condition=Q(availability__month=this_month()))
    rows = (
        Placement.objects.filter(environment__in=environments, release__isnull=False)
        .annotate(now=month)
        .order_by()
        .values("environment")
        .annotate(
            placed=Count("pk"),
            failing=Count("pk", filter=Q(failing_since__isnull=False)),
            unhealthy=Count("pk", filter=Q(health=Placement.Health.UNHEALTHY)),
            since=Min("failing_since"),
            asked=Sum("now__asked", default=0),
            answered=Sum("now__answered", default=0),
        )
    )
    return {row.pop("environment"): Health(**row) for row in rows}


def failing(environment: OuterRef) -> Exists:
    """Whether something does not answer in the environment of an outer query."""
    return Exists(Placement.objects.filter(environment=environment, release__isnull=False, failing_since__isnull=False))


def this_month() -> date:
    """The first day of the month that is counted now."""
    return timezone.localdate().replace(day=1)


def percent_of_services(service: Service) -> dict[int, float]:
    """How often the service answered this month, in percent, by environment."""
    rows = Availability.objects.filter(placement__service=service, month=this_month(), asked__gt=0)
    return {
        environment: 100 * answered / asked
        for environment, asked, answered in rows.values_list("placement__environment", "asked", "answered")
    }
