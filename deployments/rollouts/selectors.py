"""Questions about releases and deployments."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from deployments import states
from deployments.models import ClusterWatch, Deployment, Placement, Release, Service
from portal.accounts.models import Customer
from provisioning import states as environment_states
from provisioning.models import Environment

CHOICES = 50
REFRESH = timedelta(minutes=1)  # one call for ten services


IS_WAITING = Q(state__in=states.WAITING)
IS_ROLLING = Q(state__in=states.WATCHED)
IS_WATCHED_AFTER = Q(state=states.SUCCEEDED, watched_until__isnull=False)  # the watch after success
IS_FOLLOWED = IS_WAITING | IS_ROLLING | IS_WATCHED_AFTER


def waiting(environment: Environment) -> QuerySet[Deployment, Any]:
    """The deployments that are to be prepared, first those that were tried longest ago, with all that takes."""
    found = Deployment.objects.filter(IS_WAITING, environment=environment).select_related(
        "service__customer",
        "service__account",
        "service__repository",
        "placement__service",
        "placement__environment__customer",
        "environment__customer",
        "environment__account",
        "release",
        "previous",
        "cancel_requested_by",
    )
    return found.order_by("heartbeat_at", "id")


def watched(environment: Environment, *, after: bool = True) -> QuerySet[Deployment, Any]:
    """The rollouts that the environment's watcher looks at, with all it needs; those that roll come first, then, with
    `after`, what is watched after its success."""
    which = IS_ROLLING | IS_WATCHED_AFTER if after else IS_ROLLING
    followed = Deployment.objects.filter(which, environment=environment).select_related(
        "service", "placement", "release", "previous", "environment__customer", "cancel_requested_by"
    )
    return followed.order_by(F("finished_at").asc(nulls_first=True), "id")


def followed_states(environment_id: int) -> set[str]:
    """The states of all deployments of the environment that its watcher looks after."""
    followed = Deployment.objects.filter(IS_FOLLOWED, environment=environment_id)
    return set(followed.order_by().values_list("state", flat=True).distinct())


def was_described(deployment: Deployment) -> bool:
    """Whether this release was given a task definition there before."""
    tries = Deployment.objects.filter(placement=deployment.placement_id, release=deployment.release_id)
    return tries.exclude(task_definition_arn="").exists()


def unwatched_environments() -> QuerySet[Environment, Any]:
    """Environments with deployments that no watcher has looked at for settings.WORK_STALE_SECONDS."""
    limit = timezone.now() - timedelta(seconds=settings.WORK_STALE_SECONDS)
    followed = Deployment.objects.filter(IS_FOLLOWED, environment=OuterRef("pk"))
    watched = ClusterWatch.objects.filter(environment=OuterRef("pk"), heartbeat_at__gte=limit)
    return Environment.objects.filter(Exists(followed), ~Exists(watched))


def unwatched_placements(environment: Environment) -> QuerySet[Placement, Any]:
    """What serves in the environment and is not being rolled out now."""
    placed = Placement.objects.filter(environment=environment, release__isnull=False)
    return placed.exclude(latest__state__in=states.ACTIVE)


def unobserved_environments() -> QuerySet[Environment, Any]:
    """Environments with services that nobody has looked at for REFRESH."""
    limit = timezone.now() - REFRESH
    serving = Placement.objects.filter(
        environment=OuterRef("pk"), release__isnull=False, observed_at__lt=limit
    ).exclude(latest__state__in=states.ACTIVE)
    return Environment.objects.filter(Exists(serving), state=environment_states.READY)


def history(customer: Customer, **filters: str) -> QuerySet[Deployment, Any]:
    """Deployments, newest first; filters: service (part of its name), environment (its slug), state."""
    lookups = {"service": "service__name__icontains", "environment": "environment__slug", "state": "state"}
    wanted = {lookups[name]: value for name, value in filters.items() if value}
    return _listed(Deployment.objects.for_customer(customer).filter(**wanted))


def of_service(service: Service) -> QuerySet[Deployment, Any]:
    return _listed(Deployment.objects.filter(service=service))


def _listed(rows: QuerySet[Deployment, Any]) -> QuerySet[Deployment, Any]:
    """With what a line of a list shows, and no more."""
    return rows.select_related("service", "environment", "release", "requested_by", "placement").only(
        "state",
        "kind",
        "note",
        "created_at",
        "started_at",
        "finished_at",
        "service__name",
        "environment__name",
        "environment__slug",
        "placement__release_id",
        "placement__latest_id",
        "release__tag",
        "release__digest",
        "requested_by__name",
        "requested_by__email",
    )


def detail(pk: int) -> Deployment:
    """One deployment with all that its page shows."""
    found: Deployment = Deployment.objects.select_related(
        "customer",
        "service__customer",
        "service__account",
        "service__repository",
        "environment__customer",
        "environment__account",
        "placement",
        "release",
        "previous",
        "requested_by",
        "cancel_requested_by",
    ).get(pk=pk)
    return found


def releases(service: Service) -> QuerySet[Release, Any]:
    return Release.objects.filter(service=service)


def placement(service: Service, environment: Environment) -> Placement | None:
    found = Placement.objects.filter(service=service, environment=environment)
    return found.select_related("release", "latest").first()


def earlier(deployment: Deployment) -> list[Deployment]:
    """The newest successful deployment of each other release in the same environment, newest first."""
    serves = deployment.placement.release_id
    succeeded = Deployment.objects.filter(placement=deployment.placement_id, state=states.SUCCEEDED)
    newest: dict[int, Deployment] = {}
    for each in succeeded.exclude(release=serves).select_related("release")[:CHOICES]:
        newest.setdefault(each.release_id, each)
    return list(newest.values())


def failures(service: Service, digests: Collection[str]) -> list[Deployment]:
    """Where those images did not work at the last try, newest first."""
    tries = Deployment.objects.filter(service=service, release__digest__in=digests)
    worked = Deployment.objects.filter(
        placement=OuterRef("placement"), release=OuterRef("release"), pk__gt=OuterRef("pk"), state=states.SUCCEEDED
    )
    bad = tries.filter(~Exists(worked), state__in=(states.FAILED, states.ROLLED_BACK))
    return list(bad.select_related("release", "environment", "customer")[: CHOICES * 2])


def deployed(service: Service, digests: Collection[str]) -> set[str]:
    """Which of those images were deployed, or are to be."""
    tries = Deployment.objects.filter(service=service, release__digest__in=digests)
    return set(tries.order_by().values_list("release__digest", flat=True).distinct())


def has_moved(service: Service, tags: Collection[str], digest: str) -> bool:
    """Whether one of those tags named another image before."""
    return Release.objects.filter(service=service, tag__in=tags).exclude(digest=digest).exists()


def going_on(service: Service, environment: Environment) -> Deployment | None:
    """The rollout that runs now, if any."""
    return Deployment.objects.filter(service=service, environment=environment, state__in=states.ACTIVE).first()
