"""What the live page of a deployment shows, made of the row and its steps. Asks AWS nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deployments import states
from deployments.models import Deployment, Service
from deployments.rollouts.prepare import STAGES
from portal.core.models import Step

WATCHING = "If its tasks stop again and again, it goes back by itself."
TURNED = {states.ROLLED_BACK, states.CANCELED, states.FAILED, states.ERRORED}


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
    asked = f"by {deployment.requested_by}"
    return [
        Mark("Asked for", "done", deployment.created_at, asked),
        *_preparing(deployment),
        *_rolling(deployment, moves),
    ]


def _preparing(deployment: Deployment) -> Iterator[Mark]:
    internal = deployment.service.exposure == Service.Exposure.INTERNAL
    for place, (label, step) in enumerate(STAGES):
        if place < len(deployment.prepared):
            state = "skipped" if internal and step.__name__ == "balance" else "done"
            yield Mark(label, state, datetime.fromisoformat(deployment.prepared[place]))
        else:
            now = place == len(deployment.prepared)
            yield Mark(label, _present(deployment, now and deployment.state in states.WAITING))


def _present(deployment: Deployment, now: bool) -> str:
    if now:
        return "active"
    return "skipped" if deployment.state in states.ENDED else "pending"


def _rolling(deployment: Deployment, moves: dict[str, Step]) -> Iterator[Mark]:
    rolling, back = moves.get(states.ROLLING), moves.get(states.ROLLING_BACK)
    if back:
        yield Mark("New tasks started", "failed", rolling.at if rolling else None)
        going = deployment.state == states.ROLLING_BACK
        yield Mark("Going back", "active" if going else "done", back.at)
    elif rolling:
        going = deployment.state == states.ROLLING
        yield Mark("New tasks take over", "active" if going else "done", rolling.at)
    elif deployment.is_active:
        yield Mark("New tasks take over", "pending")
    if deployment.state in states.ENDED:
        yield Mark(_last_word(deployment), _last_state(deployment.state), deployment.finished_at)
    if deployment.state == states.SUCCEEDED and deployment.watched_until:
        yield Mark("Watched for a while", "active", detail=WATCHING)
    elif deployment.verified_at:
        yield Mark("Verified good", "done", deployment.verified_at)


def _last_word(deployment: Deployment) -> str:
    words = {
        states.SUCCEEDED: f"{deployment.release.name} serves",
        states.ROLLED_BACK: f"{deployment.previous.name if deployment.previous else 'Earlier release'} serves again",
        states.CANCELED: "Cancelled",
    }
    return words.get(deployment.state, "Failed")


def _last_state(state: str) -> str:
    return state if state in TURNED else "done"


def last_words(deployment: Deployment) -> str:
    """What is said when nothing more will happen."""
    if deployment.verified_at:
        return f"{deployment.release.name} was watched for a while after its rollout: it is verified good."
    return str(deployment.reason)


def bars(deployment: Deployment) -> list[Bar]:
    seen = deployment.observed
    if not seen:
        return []
    new, old = seen.get("new", {}), seen.get("old", {})
    wanted = max(deployment.desired, new.get("running", 0))
    found = [Bar(f"{deployment.release.name} (new)", new.get("running", 0), wanted)]
    if deployment.previous and (deployment.is_active or old.get("running", 0)):
        before = max(old.get("desired", 0), old.get("running", 0), deployment.desired)
        found.append(Bar(f"{deployment.previous.name} (before)", old.get("running", 0), before))
    return found


def zones(deployment: Deployment) -> list[Zone]:
    return [_zone(said) for said in deployment.observed.get("zones", ())]


def _zone(said: dict[str, Any]) -> Zone:
    known = {state: said.get(state, 0) for state in ("healthy", "initial", "unhealthy", "draining")}
    return Zone(said["zone"] or "All zones", known["healthy"], known["initial"], known["unhealthy"], known["draining"])


def events(deployment: Deployment) -> list[dict[str, Any]]:
    said = deployment.observed.get("events", ())
    return [{"at": datetime.fromisoformat(event["at"]), "text": event["text"]} for event in said]
