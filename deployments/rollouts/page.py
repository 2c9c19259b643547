"""What the live page of a deployment shows, made of the row and its steps. Asks AWS nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments import states
from deployments.models import Deployment, Service
from deployments.rollouts.prepare import STAGES
from portal.core.models import Step

WATCHING = gettext_lazy("If its tasks stop again and again, it goes back by itself.")
NOT_BEGUN = "not_begun"
TURNED = {states.ROLLED_BACK, states.CANCELED, states.FAILED, states.ERRORED}
WENT_BACK = {states.ROLLED_BACK, states.CANCELED}


@dataclass(frozen=True)
class Mark:
    """A line of the step list; `state` is one of portal/core/looks.py."""

    label: str
    state: str
    at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True)
class Bar:
    """How many tasks of one release run, of how many."""

    label: str
    running: int
    wanted: int


@dataclass(frozen=True)
class Zone:
    """The load balancer's targets in one availability zone."""

    name: str
    healthy: int
    starting: int
    unhealthy: int
    draining: int


def marks(deployment: Deployment) -> list[Mark]:
    moves = {step.to_state: step for step in deployment.steps}
    asked = _("by %(person)s") % {"person": deployment.requested_by}
    return [
        Mark(_("Asked for"), "done", deployment.created_at, asked),
        *_preparing(deployment),
        *_rolling(deployment, moves),
    ]


def _preparing(deployment: Deployment) -> Iterator[Mark]:
    internal = deployment.service.exposure == Service.Exposure.INTERNAL
    for place, (label, step) in enumerate(STAGES):
        if place < len(deployment.prepared):
            state = "skipped" if internal and step.__name__ == "balance" else "done"
            yield Mark(str(label), state, datetime.fromisoformat(deployment.prepared[place]))
        else:
            now = place == len(deployment.prepared)
            yield Mark(str(label), _present(deployment, now and deployment.state in states.WAITING))


def _present(deployment: Deployment, now: bool) -> str:
    if now:
        return "active"
    return "skipped" if deployment.state in states.ENDED else NOT_BEGUN


def _rolling(deployment: Deployment, moves: dict[str, Step]) -> Iterator[Mark]:
    rolling, back = moves.get(states.ROLLING), moves.get(states.ROLLING_BACK)
    if back:
        yield from _going_back(deployment, rolling, back)
    elif rolling:
        going = deployment.state == states.ROLLING
        yield Mark(_("New tasks take over"), "active" if going else "done", rolling.at)
    elif deployment.is_active:
        yield Mark(_("New tasks take over"), NOT_BEGUN)
    if deployment.state in states.ENDED:
        yield Mark(_last_word(deployment), _last_state(deployment.state), deployment.finished_at)
    if deployment.state == states.SUCCEEDED and deployment.watched_until:
        yield Mark(_("Watched for a while"), "active", detail=str(WATCHING))
    elif deployment.verified_at:
        yield Mark(_("Verified good"), "done", deployment.verified_at)


def _going_back(deployment: Deployment, rolling: Step | None, back: Step) -> Iterator[Mark]:
    """New tasks did start; that they would not do is a step of its own, unless nobody wanted them any more."""
    if rolling:
        yield Mark(_("New tasks started"), "done", rolling.at)
    if not deployment.was_canceled:
        yield Mark(_("New tasks did not work"), "unhealthy", back.at)
    going = deployment.state == states.ROLLING_BACK
    yield Mark(_("Going back"), "active" if going else "done", back.at)


def _last_word(deployment: Deployment) -> str:
    before = deployment.previous.name if deployment.previous else _("Earlier release")
    words = {
        states.SUCCEEDED: _("%(release)s serves") % {"release": deployment.release.name},
        states.ROLLED_BACK: _("%(release)s serves again") % {"release": before},
        states.CANCELED: _("Cancelled"),
    }
    return words.get(deployment.state, _("Failed"))


def _last_state(state: str) -> str:
    return state if state in TURNED else "done"


def last_words(deployment: Deployment) -> str:
    """What is said when nothing more will happen."""
    if deployment.verified_at:
        watched = _("%(release)s was watched for a while after its rollout: it is verified good.")
        return watched % {"release": deployment.release.name}
    return str(deployment.reason)


def bars(deployment: Deployment) -> list[Bar]:
    """The tasks of both releases while it is followed. Of one that is over, those of the release that serves: its last
    look came before the other's tasks had left."""
    if not deployment.observed:
        return []
    if deployment.state in WENT_BACK and deployment.previous:
        return [_serves_again(deployment, deployment.previous.name)]
    new = _after(deployment)
    if deployment.previous and (deployment.is_active or _leaves(deployment)):
        return [new, _before(deployment, _("%(release)s (before)") % {"release": deployment.previous.name})]
    return [new]


def _leaves(deployment: Deployment) -> bool:
    """Whether tasks of the release before run still, as far as somebody looks."""
    return deployment.is_followed and bool(deployment.observed.get("old", {}).get("running", 0))


def _after(deployment: Deployment) -> Bar:
    running = deployment.observed.get("new", {}).get("running", 0)
    label = _("%(release)s (new)") % {"release": deployment.release.name}
    return Bar(label, running, max(deployment.desired, running))


def _serves_again(deployment: Deployment, label: str) -> Bar:
    """Tasks that ECS started anew in its place stand beside those that had stayed: together no more than are wanted."""
    old = deployment.observed.get("old", {})
    wanted = old.get("desired", 0) or deployment.desired
    return Bar(label, min(old.get("running", 0), wanted), wanted)


def _before(deployment: Deployment, label: str) -> Bar:
    old = deployment.observed.get("old", {})
    running = old.get("running", 0)
    return Bar(label, running, max(old.get("desired", 0), running, deployment.desired))


def zones(deployment: Deployment) -> list[Zone]:
    """The targets while somebody looks; what they were at the last look says nothing of now."""
    found = deployment.observed.get("zones", ()) if deployment.is_followed else ()
    return [_zone(said) for said in found]


def _zone(said: dict[str, Any]) -> Zone:
    known = {state: said.get(state, 0) for state in ("healthy", "initial", "unhealthy", "draining")}
    return Zone(
        said["zone"] or _("All zones"), known["healthy"], known["initial"], known["unhealthy"], known["draining"]
    )


def events(deployment: Deployment) -> list[dict[str, Any]]:
    said = deployment.observed.get("events", ())
    return [{"at": datetime.fromisoformat(event["at"]), "text": event["text"]} for event in said]
