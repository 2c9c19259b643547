"""What a task's failure and its health mean for its deployment: the breaker's count and the growing delay."""

import time

from provisioning.localaws.ecs import events, history
from provisioning.localaws.ecs.backoff import delay
from provisioning.localaws.ecs.records import Record, add_event, breaker_of, deployment


def task_failed(service: Record, task: Record) -> None:
    """The task ended by itself, could not start, or failed its health checks."""
    found = deployment(service, task["_deployment"])
    if found is None:
        return
    if found["rolloutState"] == "IN_PROGRESS" and found["status"] == "PRIMARY" and not _has_tripped(service, found):
        _count(service, found, found["failedTasks"] + 1)
    found["_failures"] += 1
    wait = delay(found["_failures"], service["desiredCount"])
    if wait:
        _hold_back(service, found, wait)


def _has_tripped(service: Record, found: Record) -> bool:
    """The breaker counts no further: the scheduler is about to act on it."""
    return breaker_of(service).trips(found["failedTasks"], service["desiredCount"])


def _hold_back(service: Record, found: Record, wait: float) -> None:
    if not found["_not_before"]:
        add_event(service, events.IMPAIRED)
    found["_not_before"] = time.time() + wait


def task_is_healthy(service: Record, task: Record) -> None:
    """Seen healthy for the first time."""
    task["_was_healthy"] = True
    found = deployment(service, task["_deployment"])
    if found is None:
        return
    found.update(_failures=0, _not_before=0.0)
    if found["rolloutState"] == "IN_PROGRESS" and breaker_of(service).resets:
        _count(service, found, 0)


def _count(service: Record, found: Record, failures: int) -> None:
    found.update(failedTasks=failures, updatedAt=time.time())
    record = history.find(service, found["_service_deployment"])
    if record:
        history.count_failures(record, failures, breaker_of(service), service["desiredCount"])
