"""Why a release did not come up, or a task stopped, from stopped tasks, health and events: one sentence. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from deployments.rollouts.reasons import NOT_PLACED, NOT_STARTED, TAKEN_AWAY, Cause, cause_of
from portal.core.sentences import NOTHING, Sentence

OUT_OF_MEMORY_CODE = 137
UNKNOWN = Sentence("tasks.not_started")
_CODES = re.compile(r"failed with these codes: \[(\d+)\]")
_OUT_OF_MEMORY = ("outofmemory", "out of memory", "oom-killed", "oomkilled", "killed due to memory")
_FAILED_HEALTH = ("failed elb health checks", "failed container health checks")
_EXITS = {
    0: Sentence("tasks.exits_well"),
    126: Sentence("tasks.exits_not_executable"),
    127: Sentence("tasks.exits_command_missing"),
    139: Sentence("tasks.exits_crashed"),
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

    @property
    def was_balanced(self) -> bool:
        """Of one that failed its health check: whether the load balancer said so."""
        return "elb" in self.words.lower()


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

    sentence: Sentence
    weight: int = 3


def explain(evidence: Evidence) -> Sentence:
    """The most telling cause; among those alike, the one that most tasks had, and then the one that was seen first."""
    seen = Counter(found for task in evidence.stopped if (found := _of_task(evidence, task)))
    if not any(found.weight == 3 for found in seen) and (unhealthy := _unhealthy(evidence)):
        seen[_Found(unhealthy)] += 1
    if seen and (best := max(seen, key=lambda found: (found.weight, seen[found]))).weight > 1:
        return best.sentence
    if nowhere := cause_of(" ".join((*evidence.events, evidence.status_reason)), NOT_PLACED):
        return nowhere.sentence
    return next((found.sentence for found in seen), Sentence("tasks.not_healthy"))


def explain_restarts(evidence: Evidence) -> Sentence:
    """Why a release that had succeeded does not stay up."""
    reasons = Counter(filter(None, (_again(evidence, task) for task in evidence.stopped)))
    why = reasons.most_common(1)[0][0] if reasons else Sentence("restarts.no_reason")
    if evidence.restarts > 1:
        return Sentence("restarts.often", why=why, count=evidence.restarts)
    return why


def why_stopped(task: Stopped) -> Sentence:
    """Why one task stopped, for the list of stopped tasks."""
    cause = _cause(task)
    if task.ran_out_of_memory:
        return Sentence("stopped.out_of_memory")
    if task.failed_health:
        return Sentence("stopped.load_balancer") if task.was_balanced else Sentence("stopped.own_check")
    if cause:
        return cause.sentence
    if task.left_by_itself and task.exit_code is not None:
        return Sentence("stopped.exited", exit_code=task.exit_code)
    if task.failed_to_start:
        return UNKNOWN
    unwanted = "scaling activity" in task.words.lower()
    return Sentence("stopped.not_wanted") if unwanted else Sentence("stopped.no_reason")


def _cause(task: Stopped) -> Cause | None:
    """What was said of it, if that tells anything. A program that ran says more by its code than by words."""
    started = task.left_by_itself and not task.container_reason
    return (None if started else cause_of(task.words, NOT_STARTED)) or cause_of(task.words, TAKEN_AWAY)


def _of_task(evidence: Evidence, task: Stopped) -> _Found | None:
    if task.ran_out_of_memory:
        return _Found(Sentence("tasks.out_of_memory", memory=evidence.memory))
    if task.failed_health:
        return _Found(_unhealthy(evidence) or Sentence("tasks.own_check_fails"))
    if cause := _cause(task):
        return _Found(cause.sentence, 2 if cause.passes else 3)
    if task.left_by_itself and task.exit_code is not None:
        return _Found(_EXITS.get(task.exit_code) or Sentence("tasks.exits", exit_code=task.exit_code))
    return _Found(UNKNOWN, 1) if task.failed_to_start else None


def _unhealthy(evidence: Evidence) -> Sentence:
    """What its health check said; ECS repeats the load balancer's reason in its events."""
    said = [*evidence.health, *(event for event in evidence.events if "unhealthy" in event)]
    codes = Counter(code for words in said for code in _CODES.findall(words))
    if codes:
        return Sentence("health.answers", path=evidence.health_path, status=codes.most_common(1)[0][0])
    if any("timed out" in words.lower() for words in said):
        return _did_not_answer(evidence)
    balanced = any(task.was_balanced for task in evidence.stopped if task.failed_health)
    return _did_not_answer_on_port(evidence) if balanced or evidence.health else NOTHING


def _did_not_answer(evidence: Evidence) -> Sentence:
    path, seconds = evidence.health_path, evidence.start_seconds
    if not seconds:
        return Sentence("health.silent", path=path)
    return Sentence("health.silent_within", path=path, seconds=seconds)


def _did_not_answer_on_port(evidence: Evidence) -> Sentence:
    path, port, seconds = evidence.health_path, evidence.port, evidence.start_seconds
    if not seconds:
        return Sentence("health.silent_on_port", path=path, port=port)
    return Sentence("health.silent_on_port_within", path=path, port=port, seconds=seconds)


def _again(evidence: Evidence, task: Stopped) -> Sentence:
    """Why it stopped after it had run."""
    if task.ran_out_of_memory:
        return Sentence("restarts.out_of_memory", memory=evidence.memory)
    if task.failed_health:
        return _again_unhealthy(evidence)
    if cause := _cause(task):
        return Sentence("restarts.not_started", cause=cause.sentence)
    if task.left_by_itself and task.exit_code is not None:
        ends_well = Sentence("restarts.exits_well")
        return Sentence("restarts.exits", exit_code=task.exit_code) if task.exit_code else ends_well
    return NOTHING


def _again_unhealthy(evidence: Evidence) -> Sentence:
    codes = [code for said in (*evidence.health, *evidence.events) for code in _CODES.findall(said)]
    if codes:
        return Sentence("restarts.answers", path=evidence.health_path, status=codes[-1])
    return Sentence("restarts.silent", path=evidence.health_path)
