"""How a deployment ends: completed, failed or rolled back, in deployments[], events and service deployments alike."""

import time

from provisioning.localaws.ecs import events, history
from provisioning.localaws.ecs.decide import Cause
from provisioning.localaws.ecs.records import Record, add_event, deployment, primary

DEPLOYMENT_REASONS = {
    Cause.TASKS_FAILED: "ECS deployment circuit breaker: tasks failed to start.",
    Cause.REQUESTED: "ECS deployment rollback: requested by the user.",
    Cause.ABORTED: "ECS deployment stopped: requested by the user.",
}
HISTORY_REASONS = {
    Cause.TASKS_FAILED: "Service deployment rolled back because the circuit breaker threshold was exceeded.",
    Cause.REQUESTED: "Service deployment rolled back because of a user request.",
    Cause.ABORTED: "Service deployment stopped because of a user request.",
}
NOTHING_TO_GO_BACK_TO = "Service deployment failed, and there is no earlier service revision to roll back to."
BREAKER_ONLY = "Service deployment failed because the circuit breaker threshold was exceeded."
ROLLBACK_FAILED = "Service deployment rollback failed because the circuit breaker threshold was exceeded."


def complete(service: Record) -> None:
    """The primary deployment is done. With tasks it becomes what later ones go back to."""
    done = primary(service)
    reason = f"ECS deployment {done['id']} completed."
    done.update(rolloutState="COMPLETED", rolloutStateReason=reason, updatedAt=time.time())
    if service["desiredCount"]:
        service["_good"] = dict(done)
    record = history.find(service, done["_service_deployment"])
    if record and record["status"] in history.ONGOING:
        if done["_rollback"]:
            history.end(record, "ROLLBACK_SUCCESSFUL", record["statusReason"])
        else:
            history.end(record, "SUCCESSFUL")
    add_event(service, events.completed(done["id"]))
    steady(service)


def steady(service: Record) -> None:
    service["_steady"] = True
    add_event(service, events.STEADY)


def fail(service: Record, cause: Cause) -> None:
    """The primary deployment has failed and stays: no task of it starts any more."""
    broken = primary(service)
    _mark_failed(service, broken, cause)
    record = history.find(service, broken["_service_deployment"])
    if record is None or record["status"] not in history.ONGOING:
        return
    wanted_back = cause is Cause.REQUESTED or _rolls_back(service)
    if cause is Cause.ABORTED or not wanted_back:
        reason = HISTORY_REASONS[cause] if cause is Cause.ABORTED else BREAKER_ONLY
        history.end(record, "STOPPED", reason)
        record["stoppedAt"] = record["finishedAt"]
    else:
        history.end(record, "ROLLBACK_FAILED", ROLLBACK_FAILED if broken["_rollback"] else NOTHING_TO_GO_BACK_TO)


def _rolls_back(service: Record) -> bool:
    breaker = service["deploymentConfiguration"].get("deploymentCircuitBreaker") or {}
    return bool(breaker.get("rollback"))


def _mark_failed(service: Record, broken: Record, cause: Cause) -> None:
    reason = DEPLOYMENT_REASONS[cause]
    broken.update(rolloutState="FAILED", rolloutStateReason=reason, updatedAt=time.time())
    service["_steady"] = False
    if cause is Cause.TASKS_FAILED:
        record = history.find(service, broken["_service_deployment"])
        if record:
            record["deploymentCircuitBreaker"]["status"] = "TRIGGERED"
    add_event(service, events.failed(broken["id"], events.TASKS_FAILED if cause is Cause.TASKS_FAILED else reason))


def roll_back(service: Record, cause: Cause) -> None:
    """Make the last good deployment the primary one again, under the id that it had."""
    broken = primary(service)
    _mark_failed(service, broken, cause)
    broken.update(status="ACTIVE", desiredCount=0)
    good = _restored(service)
    good.update(status="PRIMARY", rolloutState="IN_PROGRESS", desiredCount=service["desiredCount"])
    who = "circuit breaker" if cause is Cause.TASKS_FAILED else "rollback"
    good.update(rolloutStateReason=f"ECS deployment {who}: rolling back to deploymentId {good['id']}.")
    good.update(_rollback=True, _service_deployment=broken["_service_deployment"], failedTasks=0, _failures=0)
    good.update(_not_before=0.0, updatedAt=time.time())
    service["taskDefinition"] = good["taskDefinition"]
    add_event(service, events.rolling_back(good["id"]))
    _note_rollback(service, good, cause)


def _restored(service: Record) -> Record:
    """The last good deployment, listed again if its tasks had all gone."""
    found = deployment(service, service["_good"]["id"])
    if found is None:
        found = dict(service["_good"], runningCount=0, pendingCount=0)
        service["deployments"].append(found)
    return found


def _note_rollback(service: Record, good: Record, cause: Cause) -> None:
    record = history.find(service, good["_service_deployment"])
    if record is None:
        return
    reason = HISTORY_REASONS[cause]
    history.note(record, "ROLLBACK_IN_PROGRESS", reason)
    record["rollback"] = {"reason": reason, "startedAt": time.time(), "serviceRevisionArn": good["_revision"]}
