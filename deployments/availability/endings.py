"""Rollouts that ended badly, and that nobody made good or took note of since."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from deployments import states
from deployments.models import Deployment
from portal.accounts.models import Customer

SPAN = timedelta(days=7)  # what is older is no news
MOST = 100
_SHOWN = (
    "state",
    "reason",
    "cause",
    "created_at",
    "finished_at",
    "placement__failing_since",
    "environment__name",
    "environment__kind",
    "release__tag",
    "release__digest",
    "release__service__name",
    "customer__name",
    "customer__slug",
)


@dataclass(frozen=True)
class BadEnding:
    """The last failure of one service in one environment, and how many there were in a row."""

    last: Deployment
    count: int = 1

    @property
    def detail(self) -> str:
        """Why it ended so. What its sentence said of the release before is left out when that does not answer now."""
        fails = self.last.placement.failing_since is not None
        return str(self.last.cause if fails else self.last.reason)


def not_made_good() -> QuerySet[Deployment]:
    """Those of SPAN that no later success in the same place made good, and of which nobody has taken note."""
    made_good = Deployment.objects.filter(
        placement=OuterRef("placement"), pk__gt=OuterRef("pk"), state=states.SUCCEEDED
    )
    return _noticed().exclude(Exists(made_good))


def bad_endings(customer: Customer | None = None, most: int = MOST) -> list[BadEnding]:
    """One for each place, the newest first."""
    rows = not_made_good()
    if customer:
        rows = rows.filter(customer=customer)
    here = {"placement": OuterRef("placement")}
    times = not_made_good().filter(**here).order_by().values("placement").annotate(times=Count("pk")).values("times")
    last = rows.exclude(Exists(_noticed().filter(**here, pk__gt=OuterRef("pk")))).annotate(times=Subquery(times))
    joined = last.select_related("placement", "environment", "release__service", "customer").only(*_SHOWN)
    # In the order of the index deployment_ended_badly: by id PostgreSQL would read every rollout where none failed.
    return [BadEnding(row, row.times) for row in joined.order_by("-finished_at")[:most]]


def _noticed() -> QuerySet[Deployment]:
    since = timezone.now() - SPAN
    return Deployment.objects.filter(state__in=states.ENDED_BADLY, finished_at__gte=since, acknowledged_at=None)
