"""Questions about applications and services."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When

from deployments import states
from deployments.availability.selectors import failing, percent_of_services
from deployments.models import Application, Deployment, Placement, Release, Service
from portal.accounts.models import Customer
from provisioning import states as environment_states
from provisioning.facts import load_balancer_url
from provisioning.models import Environment


def services(customer: Customer, search: str = "", show: str = "") -> QuerySet[Service, Any]:
    """Services by name, first (`place` is 0) those that do not answer somewhere; or those that fit a search best.

    `search`: part of its or its application's name; `show`: unhealthy, rolling or nowhere.
    """
    rows: QuerySet[Service, Any] = Service.objects.for_customer(customer).select_related("application")
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(application__name__icontains=search))
    if show in _SHOWN:
        rows = rows.filter(_SHOWN[show])
    has_release = Exists(Release.objects.filter(service=OuterRef("pk")))
    rows = rows.annotate(place=_place(search), has_release=has_release).order_by("place", "name")
    return rows.only("name", "exposure", "account", "application__name")


def _place(search: str) -> Case:
    """How near the top a service stands."""
    if not search:
        return Case(When(_placed(release__isnull=False, failing_since__isnull=False), then=0), default=1)
    fits = (Q(name__iexact=search), Q(name__istartswith=search), Q(name__icontains=search))
    return Case(*(When(fit, then=place) for place, fit in enumerate(fits)), default=len(fits))


def _placed(**where: Any) -> Exists:
    return Exists(Placement.objects.filter(service=OuterRef("pk"), **where))


_SHOWN: dict[str, Q] = {
    "unhealthy": Q(_placed(health=Placement.Health.UNHEALTHY)),
    "rolling": Q(_placed(latest__state__in=states.ACTIVE)),
    "nowhere": ~Q(_placed(release__isnull=False)),
}


def service_at(customer: Customer, name: str) -> Service | None:
    """The service of that name, with what its page shows of it."""
    named = Service.objects.for_customer(customer).filter(name=name)
    found: Service | None = named.select_related("application", "repository").first()
    return found


def has_application(customer: Customer, slug: str) -> bool:
    return Application.objects.for_customer(customer).filter(slug=slug).exists()


def has_service(customer: Customer, name: str) -> bool:
    return Service.objects.for_customer(customer).filter(name=name).exists()


def answering(customer: Customer, host: str, path: str, besides: Service | None = None) -> Service | None:
    """The customer's public service that answers requests to these paths of this host."""
    public = Service.objects.for_customer(customer).filter(exposure=Service.Exposure.PUBLIC, host=host, path=path)
    return public.exclude(pk=besides.pk if besides else None).first()


def environments(customer: Customer) -> list[Environment]:
    """The environments in which services can run, development first and production last."""
    order = {kind: place for place, kind in enumerate(Environment.Kind.values)}
    found = Environment.objects.for_customer(customer).exclude(state=environment_states.DELETED)
    return sorted(found.select_related("account"), key=lambda each: (order[each.kind], each.pk))


def first_environments(customer: Customer, most: int) -> list[Environment]:
    """The environments that matter most, at most so many: those that wait for somebody, or in which something does not
    answer, then production before the others. They stand in the order in which releases travel."""
    needs = Case(
        When(state__in=environment_states.NEED_SOMEBODY, then=0), When(failing(OuterRef("pk")), then=1), default=2
    )
    kinds = Case(*(When(kind=kind, then=-place) for place, kind in enumerate(Environment.Kind.values)), default=0)
    living = Environment.objects.for_customer(customer).exclude(state=environment_states.DELETED)
    found = living.select_related("account").order_by(needs, kinds, "id")[:most]
    order = {kind: place for place, kind in enumerate(Environment.Kind.values)}
    return sorted(found, key=lambda each: (order[each.kind], each.pk))


@dataclass(frozen=True)
class Cell:
    """A service in an environment, as the grid shows it. `going_on` is the state of a rollout under way."""

    release: str
    digest: str
    released_at: datetime | None
    health: str
    running: int
    desired: int
    deployment_id: int | None
    going_on: str
    last_failed: bool
    failing_since: datetime | None = None


@dataclass(frozen=True)
class Row:
    """A line of the grid: a service and its cell in each environment (None: never deployed there)."""

    service: Service
    cells: tuple[tuple[Environment, Cell | None], ...]


_CELL = (
    "service_id",
    "environment_id",
    "release__tag",
    "release__digest",
    "released_at",
    "health",
    "running",
    "desired",
    "latest_id",
    "latest__state",
    "failing_since",
)


def grid(rows: Iterable[Service], across: Sequence[Environment]) -> list[Row]:
    """The services x environments grid, in one query however many services there are."""
    found = list(rows)
    placed = Placement.objects.filter(service__in=[service.pk for service in found]).values(*_CELL)
    cells = {(each["service_id"], each["environment_id"]): _cell(each) for each in placed}
    return [Row(service, tuple((each, cells.get((service.pk, each.pk))) for each in across)) for service in found]


def _cell(said: dict[str, Any]) -> Cell:
    state, digest = said["latest__state"] or "", said["release__digest"] or ""
    return Cell(
        release=said["release__tag"] or digest[7:19],
        digest=digest[7:19],
        released_at=said["released_at"],
        health=said["health"],
        running=said["running"],
        desired=said["desired"],
        deployment_id=said["latest_id"],
        going_on=state if state in states.ACTIVE else "",
        last_failed=state in states.ENDED_BADLY,
        failing_since=said["failing_since"],
    )


@dataclass(frozen=True)
class Lane:
    """An environment on a service's page: what runs there and what can be done next."""

    environment: Environment
    placement: Placement | None
    going_on: Deployment | None
    promote: str  # the digest that runs in the environment before this one, when it is newer than what runs here
    promote_name: str
    endpoint: str
    answered: float | None  # in percent of this month; None where nobody asked
    fits: bool  # whether there is an image, and hosts that can fetch it
    back: int | None  # the deployment of the release that served before this one


def lanes(service: Service, shown: Sequence[Environment], every: Sequence[Environment]) -> list[Lane]:
    """Those of `every` environment that are shown, in order, from development to production."""
    left = {each.pk: before.pk for before, each in pairwise(every)}
    wanted = {each.pk for each in shown}
    placements = _placements(service, wanted | {left[pk] for pk in wanted & left.keys()})
    runs = any(each.release_id for each in placements.values())
    has_release = runs or Release.objects.filter(service=service).exists()
    answered = percent_of_services(service)
    return [
        _lane(
            service,
            each,
            placements.get(each.pk),
            placements.get(left.get(each.pk, 0)),
            answered=answered.get(each.pk),
            fits=has_release and each.is_ready and each.account_id == service.account_id,
        )
        for each in shown
    ]


def _placements(service: Service, environments: Collection[int]) -> dict[int, Placement]:
    """By environment, with `back`: the newest deployment of an earlier release that worked there."""
    earlier = Deployment.objects.filter(
        placement=OuterRef("pk"), state=states.SUCCEEDED, release__lt=OuterRef("release")
    ).order_by("-id")
    found = Placement.objects.filter(service=service, environment__in=environments)
    found = found.select_related("release", "latest").annotate(back=Subquery(earlier.values("pk")[:1]))
    return {each.environment_id: each for each in found}


def _lane(
    service: Service,
    environment: Environment,
    placement: Placement | None,
    before: Placement | None,
    *,
    answered: float | None,
    fits: bool,
) -> Lane:
    latest = placement.latest if placement else None
    ahead = before.release if before else None
    runs = placement.release if placement else None
    newer = ahead if ahead and (runs is None or ahead.is_newer_than(runs)) else None
    return Lane(
        environment=environment,
        placement=placement,
        going_on=latest if latest and latest.is_active else None,
        promote=newer.digest if newer else "",
        promote_name=newer.name if newer else "",
        endpoint=endpoint(service, environment) if placement and placement.release_id else "",
        answered=answered,
        fits=fits,
        back=getattr(placement, "back", None),
    )


def endpoint(service: Service, environment: Environment) -> str:
    """Where a public service answers in an environment; empty for internal ones and without a load balancer."""
    base = load_balancer_url(environment)
    if service.exposure != Service.Exposure.PUBLIC or not base:
        return ""
    path = service.path.partition("*")[0].lstrip("/")
    if service.host:
        return f"http://{service.host}/{path}"
    return f"{base.rstrip('/')}/{path}"
