"""Why a release did not come up, or a task stopped: one sentence, from stopped tasks, health and events. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deployments.rollouts.reasons import NOT_PLACED, NOT_STARTED, TAKEN_AWAY, Cause, cause_of

OUT_OF_MEMORY_CODE = 137
UNKNOWN = "It could not be started. Deploy again; if it stays so, open a ticket."
_CODES = re.compile(r"failed with these codes: \[(\d+)\]")
_OUT_OF_MEMORY = ("outofmemory", "out of memory", "oom-killed", "oomkilled", "killed due to memory")
_FAILED_HEALTH = ("failed elb health checks", "failed container health checks")
_EXITS = {
    126: "a file that its start command names may not be executed",
    127: "a command that it starts with is not in its image",
    139: "it crashed while it used memory that is not its own",
}


@dataclass(frozen=True)
class Stopped:
    """A stopped task of the new release, in ECS's words."""

    stopped_reason: str = ""
    stop_code: str = ""
    container_reason: str = ""
    exit_code: int | None = None

    @property
    def words(self) -> str:
        return f"{self.container_reason} {self.stopped_reason}"

    @property
    def left_by_itself(self) -> bool:
        """Whether its program ended, rather than ECS ending it."""
        return self.stop_code == "EssentialContainerExited" and self.exit_code is not None

    @property
    def failed_to_start(self) -> bool:
        return self.stop_code == "TaskFailedToStart"

    @property
    def ran_out_of_memory(self) -> bool:
        killed = self.left_by_itself and self.exit_code == OUT_OF_MEMORY_CODE
        return killed or any(words in self.words.lower() for words in _OUT_OF_MEMORY)

    @property
    def failed_health(self) -> bool:
        return any(words in self.words.lower() for words in _FAILED_HEALTH)


@dataclass(frozen=True)
class Evidence:
    """What was seen of the new release. `health`: what the load balancer said of targets that did not pass.

    `start_seconds`: how long its tasks may take to start (0: not known); `status_reason`: why ECS gave it up, in its
    words; `restarts`: how many of its tasks stopped after it had succeeded.
    """

    health_path: str
    port: int
    memory: int
    stopped: Sequence[Stopped] = ()
    health: Sequence[str] = ()
    events: Sequence[str] = ()
    start_seconds: int = 0
    status_reason: str = ""
    restarts: int = 0


@dataclass(frozen=True)
class _Found:
    """`weight` is more for what tells more: 3 for what can be corrected, 2 for what passes, 1 for what is not known."""

    sentence: str
    weight: int = 3


def explain(evidence: Evidence) -> str:
    """The most telling cause; among those alike, the one that most tasks had, and then the one that was seen first."""
    seen = Counter(found for task in evidence.stopped if (found := _of_task(evidence, task)))
    if not any(found.weight == 3 for found in seen) and (unhealthy := _unhealthy(evidence)):
        seen[_Found(unhealthy)] += 1
    if seen and (best := max(seen, key=lambda found: (found.weight, seen[found]))).weight > 1:
        return best.sentence
    nowhere = cause_of(" ".join((*evidence.events, evidence.status_reason)), NOT_PLACED)
    return (
        nowhere.sentence if nowhere else next((found.sentence for found in seen), "Its tasks did not become healthy.")
    )


def explain_restarts(evidence: Evidence) -> str:
    """Why a release that had succeeded does not stay up."""
    reasons = Counter(filter(None, (_again(evidence, task) for task in evidence.stopped)))
    why = reasons.most_common(1)[0][0] if reasons else "its tasks stop, and AWS does not say why."
    times = f" {evidence.restarts} of its tasks have stopped since it was deployed." if evidence.restarts > 1 else ""
    return f"It restarts again and again: {why}{times}"


def why_stopped(task: Stopped) -> str:
    """Why one task stopped, for the list of stopped tasks."""
    cause = _cause(task)
    if task.ran_out_of_memory:
        return "It ran out of memory."
    if task.failed_health:
        balanced = "elb" in task.words.lower()
        return f"The health check of {'the load balancer' if balanced else 'its own container'} failed."
    if cause:
        return cause.sentence
    if task.left_by_itself:
        return f"Its program ended with code {task.exit_code}."
    if task.failed_to_start:
        return UNKNOWN
    return "It was no longer wanted." if "scaling activity" in task.words.lower() else "AWS gives no plainer reason."


def _cause(task: Stopped) -> Cause | None:
    """What was said of it, if that tells anything. A program that ran says more by its code than by words."""
    started = task.left_by_itself and not task.container_reason
    return (None if started else cause_of(task.words, NOT_STARTED)) or cause_of(task.words, TAKEN_AWAY)


def _of_task(evidence: Evidence, task: Stopped) -> _Found | None:
    if task.ran_out_of_memory:
        return _Found(f"It ran out of memory: it may use {evidence.memory} MiB. Give it more, or find what uses it.")
    if task.failed_health:
        return _Found(_unhealthy(evidence) or "The health check of its own container fails.")
    if cause := _cause(task):
        return _Found(cause.sentence, 2 if cause.passes else 3)
    if task.left_by_itself:
        return _Found(_exit(task.exit_code))
    return _Found(UNKNOWN, 1) if task.failed_to_start else None


def _exit(code: int | None) -> str:
    if code == 0:
        return "It exits at once with code 0: a service must keep running."
    if code in _EXITS:
        return f"It exits at once with code {code}: {_EXITS[code]}. Its last log lines may say more."
    return f"It exits at once with code {code}: its last log lines say more."


def _unhealthy(evidence: Evidence) -> str:
    """What its health check said; ECS repeats the load balancer's reason in its events."""
    said = [*evidence.health, *(event for event in evidence.events if "unhealthy" in event)]
    path = f"Its health path {evidence.health_path}"
    codes = Counter(code for words in said for code in _CODES.findall(words))
    if codes:
        return f"{path} answers {codes.most_common(1)[0][0]}."
    if any("timed out" in words.lower() for words in said):
        return f"{path} {_did_not_answer(evidence)}."
    balanced = any("elb" in task.words.lower() for task in evidence.stopped if task.failed_health)
    return f"{path} {_did_not_answer(evidence, f' on port {evidence.port}')}." if balanced or evidence.health else ""


def _did_not_answer(evidence: Evidence, where: str = "") -> str:
    if not evidence.start_seconds:
        return f"does not answer{where}"
    return f"did not answer{where} within {evidence.start_seconds} s of its start"


def _again(evidence: Evidence, task: Stopped) -> str:
    """Why it stopped after it had run."""
    if task.ran_out_of_memory:
        return f"it runs out of memory, of which it may use {evidence.memory} MiB. Give it more, or find what uses it."
    if task.failed_health:
        codes = list(_answered(evidence))
        return f"its health path {evidence.health_path} {f'answers {codes[-1]}' if codes else 'stops answering'}."
    if cause := _cause(task):
        return f"its tasks cannot be started. {cause.sentence}"
    if task.left_by_itself:
        more = "A service must keep running." if task.exit_code == 0 else "Its last log lines say more."
        return f"it exits with code {task.exit_code}. {more}"
    return ""


def _answered(evidence: Evidence) -> Iterator[str]:
    return (code for said in (*evidence.health, *evidence.events) for code in _CODES.findall(said))
