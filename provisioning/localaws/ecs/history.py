"""Service deployments and service revisions: what was deployed, how it went and what it was, kept after the end."""

import time
from typing import Any

from provisioning.localaws.ecs import names
from provisioning.localaws.ecs.model import Breaker
from provisioning.localaws.ecs.names import ServiceKey
from provisioning.localaws.ecs.records import Record, deployment_record

ONGOING = {"PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"}
REPLACED = "A newer service deployment was started."

REVISION_MEMBERS = (
    *("taskDefinition", "launchType", "capacityProviderStrategy", "platformVersion", "loadBalancers"),
    *("serviceRegistries", "networkConfiguration"),
)


def begin(key: ServiceKey, service: Record, images: list[Record]) -> Record:
    """Start a deployment of the service as it is now, and write down its revision. The former primary is replaced."""
    for earlier in service["deployments"]:
        earlier["status"] = "ACTIVE"
    stop_ongoing(service)
    made = deployment_record(service)
    made["_revision"] = _add_revision(key, service, images)
    made["_service_deployment"] = _add_service_deployment(key, service, made["_revision"])
    service["deployments"].insert(0, made)
    service["_steady"] = False
    return made


def _add_revision(key: ServiceKey, service: Record, images: list[Record]) -> str:
    arn = key.scope.arn("service-revision", key.cluster, key.name, names.revision_id())
    known = {name: service[name] for name in REVISION_MEMBERS if service.get(name)}
    revision = {
        "serviceRevisionArn": arn,
        "serviceArn": service["serviceArn"],
        "clusterArn": service["clusterArn"],
        **known,
        "containerImages": images,
        "createdAt": time.time(),
    }
    service.setdefault("_revisions", []).append(revision)
    return arn


def _add_service_deployment(key: ServiceKey, service: Record, revision: str) -> str:
    arn = key.scope.arn("service-deployment", key.cluster, key.name, names.long_id())
    now = time.time()
    sources = [each["_revision"] for each in service["deployments"] if each["runningCount"]]
    good = service["_good"]
    record = {
        "serviceDeploymentArn": arn,
        "serviceArn": service["serviceArn"],
        "clusterArn": service["clusterArn"],
        "createdAt": now,
        "startedAt": now,
        "updatedAt": now,
        "sourceServiceRevisions": [{"arn": each} for each in sources or ([good["_revision"]] if good else [])],
        "targetServiceRevision": {"arn": revision},
        "status": "IN_PROGRESS",
        "deploymentConfiguration": service["deploymentConfiguration"],
        "deploymentCircuitBreaker": {"status": "MONITORING", "failureCount": 0, "threshold": 0},
    }
    service.setdefault("_history", []).append(record)
    service["currentServiceDeployment"] = arn
    return arn


def find(service: Record, arn: str) -> Record | None:
    return next((each for each in service.get("_history", []) if each["serviceDeploymentArn"] == arn), None)


def ongoing(service: Record) -> Record | None:
    return next((each for each in service.get("_history", []) if each["status"] in ONGOING), None)


def stop_ongoing(service: Record, reason: str = REPLACED) -> None:
    found = ongoing(service)
    if found:
        end(found, "STOPPED", reason)
        found["stoppedAt"] = found["finishedAt"]


def end(record: Record, status: str, reason: str = "") -> None:
    now = time.time()
    record.update(status=status, statusReason=reason, finishedAt=now, updatedAt=now)
    if record["deploymentCircuitBreaker"]["status"] == "MONITORING":
        record["deploymentCircuitBreaker"]["status"] = "MONITORING_COMPLETE"


def note(record: Record, status: str, reason: str = "") -> None:
    record.update(status=status, statusReason=reason, updatedAt=time.time())


def count_failures(record: Record, failures: int, breaker: Breaker, desired: int) -> None:
    """Keep the circuit breaker's figures as they are now."""
    shown = record["deploymentCircuitBreaker"]
    shown.update(failureCount=failures, threshold=breaker.threshold(desired))
    if not breaker.enabled:
        shown["status"] = "DISABLED"


def counts(service: Record, revision: str) -> dict[str, Any]:
    """A revision with how many tasks it wants, runs and starts now."""
    found = [each for each in service["deployments"] if each["_revision"] == revision]
    return {
        "arn": revision,
        "requestedTaskCount": sum(each["desiredCount"] for each in found),
        "runningTaskCount": sum(each["runningCount"] for each in found),
        "pendingTaskCount": sum(each["pendingCount"] for each in found),
    }
