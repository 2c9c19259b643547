"""What a deployment would change, and what stands in its way: shown before the click."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from deployments import states
from deployments.models import Deployment, Placement, Service
from deployments.rollouts import prepare, selectors
from provisioning.aws import ecr
from provisioning.aws.errors import AwsProblem
from provisioning.models import Environment
from provisioning.sessions import session_for

LOOK_SECONDS = 4  # somebody waits for the page
STOP_SECONDS = 30  # ECS's own: a task that is told to stop is killed after this long
INTERNAL = (
    "It runs without an address, because the load balancer for internal services does not exist yet. "
    "Nobody asks its health path either: it counts as healthy when its tasks keep running."
)
LABELS = {
    "cpu": "CPU units",
    "memory": "Memory (MiB)",
    "count": "Tasks",
    "path": "Path",
    "host": "Host",
    "health_path": "Health path",
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
    if not service.repository.is_ready:
        return Images((), "The image repository does not exist yet. Try again in a moment.")
    session = session_for(service.account, service.region, read_seconds=LOOK_SECONDS)
    try:
        pushed = ecr.list_images(session, service.repository.name, selectors.CHOICES)
    except AwsProblem as problem:
        return Images(known, f"{problem.sentence} Below are the releases that were deployed before.")
    found = tuple(Choice(each.digest, _name(each), each.tags, each.pushed_at) for each in pushed)
    return Images(found)


def _name(image: ecr.PushedImage) -> str:
    return ", ".join(image.tags) or image.digest[7:19]


def image_problem(service: Service, digest: str) -> str:
    """Why an image cannot be deployed any more; empty when it can, or when AWS cannot be asked."""
    session = session_for(service.account, service.region, read_seconds=LOOK_SECONDS)
    try:
        there = ecr.image_exists(session, service.repository.name, digest)
    except AwsProblem:
        return ""
    return "" if there else f"Its image is not in {service.repository.name} any more: push it again to go back to it."


def preview(service: Service, environment: Environment, name: str, digest: str, image: str = "") -> Preview:
    """What deploying `digest` would do; `image` is the reason why the image itself cannot be deployed."""
    placement = selectors.placement(service, environment)
    return Preview(
        changes=tuple(_changes(service, placement, name, digest)),
        lines=(
            _image_line(image),
            *_earlier_lines(placement, digest),
            *_environment_lines(service, environment),
            *_traffic_lines(service, placement),
        ),
    )


def _changes(service: Service, placement: Placement | None, name: str, digest: str) -> Iterator[Change]:
    now = placement.release if placement else None
    if now is None or now.digest != digest:
        yield Change("Release", now.name if now else "", name)
    yield Change("Image", f"{now.digest[7:19]}" if now else "", digest[7:19])
    before = _settings_now(placement)
    for what, label in LABELS.items():
        old, new = str(before.get(what, "")), str(getattr(service, what))
        if old != new:
            yield Change(label, old, new)
    yield from _variables(before.get("variables", {}), service.variables)


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


def _image_line(problem: str) -> Line:
    return Line("unhealthy", problem) if problem else Line("healthy", "The image is in the repository.")


def _earlier_lines(placement: Placement | None, digest: str) -> Iterator[Line]:
    """A warning when this very image was tried here before and did not work."""
    last = selectors.last_try(placement, digest) if placement else None
    if last is not None and last.state in {states.FAILED, states.ROLLED_BACK}:
        yield Line("unknown", f"It was tried here before. {last.reason}", last.get_absolute_url())


def _environment_lines(service: Service, environment: Environment) -> Iterable[Line]:
    if environment.is_ready:
        yield Line("healthy", f"{environment.name} is ready.")
    else:
        yield Line("unhealthy", f"{environment.name} is not ready.", environment.get_absolute_url())
    if environment.account_id != service.account_id:
        yield Line("unhealthy", f"{environment.name} is in another AWS account than the images of {service}.")
    running = selectors.going_on(service, environment)
    if running:
        text = f"{running.release.name} is being deployed there now. Wait until that ends, or cancel it."
        yield Line("unhealthy", text, running.get_absolute_url())
    else:
        yield Line("healthy", "No other deployment of this service is under way there.")


def _traffic_lines(service: Service, placement: Placement | None) -> Iterable[Line]:
    if placement is not None and placement.release_id:
        yield Line("healthy", "Old tasks stop only when new ones are healthy; until then hosts need room for both.")
    if service.count == 1:
        yield Line("unknown", "One task only: when its host breaks, nothing answers until another has started.")
    if service.exposure == Service.Exposure.INTERNAL:
        yield Line("unknown", INTERNAL)
    elif prepare.DEREGISTRATION_SECONDS <= STOP_SECONDS:
        yield Line("healthy", f"A task that leaves has {prepare.DEREGISTRATION_SECONDS} s to finish its requests.")
