"""What a deployment would change, and what stands in its way: shown before the click."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deployments import states
from deployments.catalog import health
from deployments.models import Deployment, Placement, Service
from deployments.rollouts import preflight, routes, selectors
from deployments.rollouts.images import offered
from deployments.rollouts.names import by_telling
from deployments.rollouts.spec import snapshot
from provisioning.aws.ecr import PushedImage
from provisioning.aws.errors import AwsProblem
from provisioning.models import Environment

STOP_SECONDS = 30  # ECS's own: a task that is told to stop is killed after this long
INTERNAL = "It runs without an address, because the load balancer for internal services does not exist yet."
UNCHECKED = (
    "Nobody asks whether it is healthy: it counts as healthy as long as its tasks run. "
    "Choose a health check in its settings."
)
ASKED_ELSEWHERE = (
    "The health path changes for the tasks that serve now, too, before new ones have started. "
    "Let them answer on the new path as well, or they are replaced while this goes on."
)
LABELS = {
    "cpu": "CPU units",
    "memory": "Memory (MiB)",
    "count": "Tasks",
    "path": "Path",
    "host": "Host",
    "start_seconds": "Start time (s)",
    "overlap_seconds": "Overlap (s)",
    "deadline_minutes": "Deadline (min)",
}


@dataclass(frozen=True)
class Choice:
    """An image that can be deployed: `tags` are those it carries now."""

    digest: str
    name: str
    tags: tuple[str, ...]
    pushed_at: Any


@dataclass(frozen=True)
class Images:
    """The images to choose from; `problem` says why the repository could not be read."""

    choices: tuple[Choice, ...]
    problem: str = ""

    def find(self, digest: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.digest == digest), None)


@dataclass(frozen=True)
class Change:
    """One thing that becomes another; `before` is empty when it is new, `after` when it goes."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """One line of the preflight list. `state`: healthy, unhealthy (stands in the way) or unknown (be warned)."""

    state: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class Preview:
    changes: tuple[Change, ...]
    lines: tuple[Line, ...]

    @property
    def is_blocked(self) -> bool:
        return any(line.state == "unhealthy" for line in self.lines)


def images(service: Service) -> Images:
    """The pushed images, newest first; the releases the portal knows when the repository cannot be read now."""
    known = tuple(
        Choice(each.digest, each.name, (each.tag,) if each.tag else (), each.pushed_at)
        for each in selectors.releases(service)[: selectors.CHOICES]
    )
    missing = preflight.repository(service).problem
    if missing:
        return Images((), missing)
    try:
        pushed = offered(preflight.looking(service), service.repository.name, selectors.CHOICES)
    except AwsProblem as problem:
        return Images(known, f"{problem.sentence} Below are the releases that were deployed before.")
    return Images(tuple(map(_choice, pushed)))


def _choice(image: PushedImage) -> Choice:
    tags = tuple(by_telling(image.tags))
    return Choice(image.digest, ", ".join(tags) or image.digest[7:19], tags, image.pushed_at)


def preview(
    service: Service, environment: Environment, name: str, digest: str, *, is_there: bool | None = True
) -> Preview:
    """What deploying `digest` would do; `is_there`: whether its image is, None when AWS cannot be asked."""
    placement = selectors.placement(service, environment)
    before = _settings_now(placement)
    return Preview(
        changes=tuple(_changes(service, placement, before, name, digest)),
        lines=(
            *_said([preflight.image(service, name, is_there=is_there), preflight.platform(digest)]),
            *_earlier_lines(placement, digest),
            *_said(preflight.checks(service, environment)),
            *_traffic_lines(service, placement, before),
        ),
    )


def _changes(
    service: Service, placement: Placement | None, before: Mapping[str, Any], name: str, digest: str
) -> Iterator[Change]:
    now = placement.release if placement else None
    if now is None or now.digest != digest:
        yield Change("Release", now.name if now else "", name)
    yield Change("Image", f"{now.digest[7:19]}" if now else "", digest[7:19])
    for what, label in LABELS.items():
        old, new = str(before.get(what, "")), str(getattr(service, what))
        if old != new:
            yield Change(label, old, new)
    yield from _health(service, before)
    yield from _variables(before.get("variables", {}), service.variables)


def _health(service: Service, before: Mapping[str, Any]) -> Iterator[Change]:
    """How it is found healthy; in one line of words, because its settings only tell together."""
    old = health.in_words(service.exposure, before)
    new = health.in_words(service.exposure, snapshot(service))
    if old != new:
        yield Change("Health check", old, new)


def _settings_now(placement: Placement | None) -> dict[str, Any]:
    """The settings of the release that serves, as its deployment wrote them down."""
    if placement is None or not placement.task_definition_arn:
        return {}
    made = Deployment.objects.filter(
        placement=placement, state=states.SUCCEEDED, task_definition_arn=placement.task_definition_arn
    ).first()
    return made.settings if made else {}


def _variables(before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    """By name only: values may be long, or more private than they should be."""
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Change(f"Variable {name}", _presence(before, name), _presence(after, name, changed=name in before))


def _presence(variables: dict[str, str], name: str, *, changed: bool = False) -> str:
    if name not in variables:
        return ""
    return "changed" if changed else "set"


def _said(checks: Iterable[preflight.Check]) -> Iterator[Line]:
    for check in checks:
        if check.problem:
            yield Line("unhealthy", check.problem, check.url)
        elif check.warning:
            yield Line("unknown", check.warning, check.url)
        elif check.fine:
            yield Line("healthy", check.fine)


def _earlier_lines(placement: Placement | None, digest: str) -> Iterator[Line]:
    """A warning when this very image was tried here before and did not work."""
    last = selectors.last_try(placement, digest) if placement else None
    if last is not None and last.state in {states.FAILED, states.ROLLED_BACK}:
        yield Line("unknown", f"It was tried here before. {last.reason}", last.get_absolute_url())


def _traffic_lines(service: Service, placement: Placement | None, before: Mapping[str, Any]) -> Iterable[Line]:
    if placement is not None and placement.release_id:
        when = f"have run for {service.overlap_seconds} s" if service.overlap_seconds else "are healthy"
        yield Line("healthy", f"Old tasks stop only when new ones {when}; until then hosts need room for both.")
    if service.count == 1:
        yield Line("unknown", "One task only: when its host breaks, nothing answers until another has started.")
    if service.exposure == Service.Exposure.INTERNAL:
        yield Line("unknown", INTERNAL)
        if service.health_check == Service.Check.NONE:
            yield Line("unknown", UNCHECKED)
    elif before.get("health_path", service.health_path) != service.health_path:
        yield Line("unknown", ASKED_ELSEWHERE)
    if service.exposure == Service.Exposure.PUBLIC and routes.DEREGISTRATION_SECONDS <= STOP_SECONDS:
        yield Line("healthy", f"A task that leaves has {routes.DEREGISTRATION_SECONDS} s to finish its requests.")
