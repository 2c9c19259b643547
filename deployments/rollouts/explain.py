"""Why a release did not come up, in one sentence: from stopped tasks, health checks and ECS's own events. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

OUT_OF_MEMORY_CODE = 137
_CODES = re.compile(r"failed with these codes: \[(\d+)\]")
_NO_ROOM = re.compile(r"unable to place a task|insufficient (cpu|memory)|no container instances", re.IGNORECASE)
_HEALTH = re.compile(r"failed (ELB|container) health checks", re.IGNORECASE)
_PULL = re.compile(r"CannotPull|pull access denied|manifest unknown|image not found|no such image", re.IGNORECASE)
_SECRET = re.compile(r"unable to (pull|retrieve) secrets", re.IGNORECASE)


@dataclass(frozen=True)
class Stopped:
    """A stopped task of the new release, in ECS's words."""

    stopped_reason: str = ""
    stop_code: str = ""
    container_reason: str = ""
    exit_code: int | None = None

    @property
    def words(self) -> str:
        return f"{self.stopped_reason} {self.container_reason}"

    @property
    def left_by_itself(self) -> bool:
        """Whether its program ended, rather than ECS ending it."""
        return self.stop_code == "EssentialContainerExited" and self.exit_code is not None


@dataclass(frozen=True)
class Evidence:
    """What was seen of the new release. `health`: what the load balancer said of targets that did not pass."""

    health_path: str
    port: int
    memory: int
    stopped: Sequence[Stopped] = ()
    health: Sequence[str] = ()
    events: Sequence[str] = ()


Explanation = Callable[[Evidence], str]


def explain(evidence: Evidence) -> str:
    """The most telling cause first."""
    found = (explanation(evidence) for explanation in _EXPLANATIONS)
    return next(filter(None, found), "Its tasks did not become healthy.")


def _out_of_memory(evidence: Evidence) -> str:
    killed = any(re.search("out ?of ?memory", each.words, re.IGNORECASE) for each in evidence.stopped)
    own = any(each.left_by_itself and each.exit_code == OUT_OF_MEMORY_CODE for each in evidence.stopped)
    if not killed and not own:
        return ""
    return f"It ran out of memory: it may use {evidence.memory} MiB. Give it more, or find what uses it."


def _image_missing(evidence: Evidence) -> str:
    pulled = any(_PULL.search(each.words) for each in evidence.stopped)
    return "Its image could not be fetched: it was removed, or may not be read. Push it again." if pulled else ""


def _secret_missing(evidence: Evidence) -> str:
    missing = any(_SECRET.search(each.words) for each in evidence.stopped)
    return "A secret it needs could not be read: check that it exists and may be read." if missing else ""


def _exits(evidence: Evidence) -> str:
    code = next((each.exit_code for each in evidence.stopped if each.left_by_itself), None)
    if code is None:
        return ""
    if code == 0:
        return "It exits at once with code 0: a service must keep running."
    return f"It exits at once with code {code}: its last log lines say more."


def _unhealthy(evidence: Evidence) -> str:
    words = [*evidence.health, *evidence.events]  # ECS repeats the load balancer's reason in its events
    answered = next((code for said in words for code in _CODES.findall(said)), None)
    if answered:
        return f"Its health path {evidence.health_path} answers {answered}."
    if any("timed out" in said.lower() for said in words):
        return f"Its health path {evidence.health_path} does not answer."
    if any("ELB" in each.words for each in evidence.stopped if _HEALTH.search(each.words)) or evidence.health:
        return f"Its health path {evidence.health_path} does not answer on port {evidence.port}."
    failed = any(_HEALTH.search(each.words) for each in evidence.stopped)
    return "The health check of its own container fails." if failed else ""


def _not_started(evidence: Evidence) -> str:
    words = next((each.stopped_reason for each in evidence.stopped if each.stop_code == "TaskFailedToStart"), "")
    return f"It could not be started: {words.rstrip('.')}." if words else ""


def _no_room(evidence: Evidence) -> str:
    return "The hosts have no room for it: make it smaller or the environment larger." if _full(evidence.events) else ""


def _full(events: Iterable[str]) -> bool:
    return any(_NO_ROOM.search(event) for event in events)


_EXPLANATIONS: tuple[Explanation, ...] = (
    _image_missing,
    _secret_missing,
    _out_of_memory,
    _exits,
    _unhealthy,
    _not_started,
    _no_room,
)
