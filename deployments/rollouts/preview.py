"""What a deployment would change, and what stands in its way: shown before the click."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments import states
from deployments.catalog import health
from deployments.models import Deployment, Placement, Release, Service
from deployments.rollouts import preflight, routes, selectors
from deployments.rollouts.images import offered
from deployments.rollouts.names import by_telling
from deployments.rollouts.spec import snapshot
from provisioning.aws.ecr import PushedImage
from provisioning.aws.errors import AwsProblem
from provisioning.models import Environment

NEW_IMAGES = 5  # of those that were never deployed
FAILURES = 3  # that are told of one image
STOP_SECONDS = 30  # ECS's own: a task that is told to stop is killed after this long
INTERNAL = gettext_lazy(
    "It runs without an address, because the load balancer for internal services does not exist yet."
)
UNCHECKED = gettext_lazy(
    "Nobody asks whether it is healthy: it counts as healthy as long as its tasks run. "
    "Choose a health check in its settings."
)
ASKED_ELSEWHERE = gettext_lazy(
    "The health path changes for the tasks that serve now, too, before new ones have started. "
    "Let them answer on the new path as well, or they are replaced while this goes on."
)
LABELS = {
    "cpu": gettext_lazy("CPU units"),
    "memory": gettext_lazy("Memory (MiB)"),
    "count": gettext_lazy("Tasks"),
    "path": gettext_lazy("Path"),
    "host": gettext_lazy("Host"),
    "start_seconds": gettext_lazy("Start time (s)"),
    "overlap_seconds": gettext_lazy("Overlap (s)"),
    "deadline_minutes": gettext_lazy("Deadline (min)"),
}


@dataclass(frozen=True)
class Choice:
    """An image that can be deployed: `tags` are those it carries now."""

    digest: str
    name: str
    tags: tuple[str, ...]
    pushed_at: datetime | None
    listed: bool = True  # by the repository, a moment ago


@dataclass(frozen=True)
class Images:
    """The images to choose from; `problem` says why the repository could not be read, `failed` which did not work."""

    choices: tuple[Choice, ...]
    problem: str = ""
    failed: frozenset[str] = frozenset()

    def find(self, digest: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.digest == digest), None)

    @property
    def best(self) -> str:
        """The digest of the newest that did not fail anywhere; the newest where all did."""
        good = (choice.digest for choice in self.choices if choice.digest not in self.failed)
        return next(good, self.choices[0].digest if self.choices else "")


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


def images(service: Service, wanted: str = "") -> Images:
    """The pushed images, newest first; the releases the portal knows when the repository cannot be read now.

    The release of digest `wanted` is among them, even where many were pushed since.
    """
    found = listed(service)
    digests = [choice.digest for choice in found.choices]
    more = selectors.releases(service).filter(digest=wanted) if wanted not in {"", *digests} else ()
    choices = (*found.choices, *map(_known, more))
    failed = selectors.failures(service, [choice.digest for choice in choices])
    return Images(choices, found.problem, frozenset(each.release.digest for each in failed))


def listed(service: Service) -> Images:
    """One look at the repository."""
    missing = preflight.repository(service).problem
    if missing:
        return Images((), missing)
    try:
        return Images(_pushed(service))
    except AwsProblem as problem:
        below = _("%(problem)s Below are the releases that were deployed before.") % {"problem": problem.sentence}
        return Images(tuple(map(_known, selectors.releases(service)[: selectors.CHOICES])), below)


def new_images(service: Service) -> Images:
    """The newest that were pushed and never deployed, nothing but the problem where the repository cannot be read."""
    try:
        pushed = _pushed(service) if service.repository.is_ready else ()
    except AwsProblem as problem:
        return Images((), str(problem.sentence))
    deployed = selectors.deployed(service, [choice.digest for choice in pushed])
    return Images(tuple(choice for choice in pushed if choice.digest not in deployed)[:NEW_IMAGES])


def _pushed(service: Service) -> tuple[Choice, ...]:
    """Raises AwsProblem."""
    return tuple(map(_choice, offered(preflight.looking(service), service.repository.name, selectors.CHOICES)))


def _known(release: Release) -> Choice:
    return Choice(release.digest, release.name, (release.tag,) if release.tag else (), release.pushed_at, listed=False)


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
            *_earlier_lines(service, environment, digest),
            *_moved_lines(service, name, digest),
            *_said(preflight.checks(service, environment)),
            *_traffic_lines(service, placement, before),
        ),
    )


def _changes(
    service: Service, placement: Placement | None, before: Mapping[str, Any], name: str, digest: str
) -> Iterator[Change]:
    now = placement.release if placement else None
    if now is None or now.digest != digest:
        moved = now is not None and now.name == name
        yield Change(_("Release"), now.name if now else "", f"{name} {digest[7:15]}" if moved else name)
    yield Change(_("Image"), f"{now.digest[7:19]}" if now else "", digest[7:19])
    for what, label in LABELS.items():
        old, new = str(before.get(what, "")), str(getattr(service, what))
        if old != new:
            yield Change(str(label), old, new)
    yield from _health(service, before)
    yield from _variables(before.get("variables", {}), service.variables)


def _health(service: Service, before: Mapping[str, Any]) -> Iterator[Change]:
    """How it is found healthy; in one line of words, because its settings only tell together."""
    old = health.in_words(service.exposure, before)
    new = health.in_words(service.exposure, snapshot(service))
    if old != new:
        yield Change(_("Health check"), old, new)


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
            variable = _("Variable %(name)s") % {"name": name}
            yield Change(variable, _presence(before, name), _presence(after, name, changed=name in before))


def _presence(variables: dict[str, str], name: str, *, changed: bool = False) -> str:
    if name not in variables:
        return ""
    return _("changed") if changed else _("set")


def _said(checks: Iterable[preflight.Check]) -> Iterator[Line]:
    for check in checks:
        if check.problem:
            yield Line("unhealthy", check.problem, check.url)
        elif check.warning:
            yield Line("unknown", check.warning, check.url)
        elif check.fine:
            yield Line("healthy", check.fine)


def _earlier_lines(service: Service, environment: Environment, digest: str) -> Iterator[Line]:
    """A warning for each place where this very image did not work at the last try: here first."""
    failed = {each.environment_id: each for each in reversed(selectors.failures(service, [digest]))}
    here = failed.pop(environment.pk, None)
    if here is not None:
        said = _("It was tried here before. %(reason)s") % {"reason": here.reason}
        yield Line("unknown", said, here.get_absolute_url())
    for each in list(failed.values())[:FAILURES]:
        said = _("It did not work in %(environment)s. %(reason)s")
        facts = {"environment": each.environment.name, "reason": each.reason}
        yield Line("unknown", said % facts, each.get_absolute_url())


def _moved_lines(service: Service, name: str, digest: str) -> Iterator[Line]:
    """Names are what people go by: they must not mean two images. `name` may be several tags."""
    if selectors.has_moved(service, name.split(", "), digest):
        said = _(
            "%(name)s was another image before: its repository lets tags move. Give each image a tag of its own, "
            "or make the tags of the repository immutable."
        )
        yield Line("unknown", said % {"name": name})


def _traffic_lines(service: Service, placement: Placement | None, before: Mapping[str, Any]) -> Iterable[Line]:
    if placement is not None and placement.release_id:
        stops = _("Old tasks stop only when new ones are healthy; until then hosts need room for both.")
        if service.overlap_seconds:
            stops = _(
                "Old tasks stop only when new ones have run for %(seconds)d s; until then hosts need room for both."
            ) % {"seconds": service.overlap_seconds}
        yield Line("healthy", stops)
    if service.count == 1:
        alone = _("One task only: when its host breaks, nothing answers until another has started.")
        yield Line("unknown", alone)
    if service.exposure == Service.Exposure.INTERNAL:
        yield Line("unknown", str(INTERNAL))
        if service.health_check == Service.Check.NONE:
            yield Line("unknown", str(UNCHECKED))
    elif before.get("health_path", service.health_path) != service.health_path:
        yield Line("unknown", str(ASKED_ELSEWHERE))
    if service.exposure == Service.Exposure.PUBLIC and routes.DEREGISTRATION_SECONDS <= STOP_SECONDS:
        leaving = _("A task that leaves has %(seconds)d s to finish its requests.")
        yield Line("healthy", leaving % {"seconds": routes.DEREGISTRATION_SECONDS})
