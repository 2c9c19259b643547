"""Services, deployments and tasks as MiniStack stores them: ECS's shape, and our own members with an underscore.

Times are seconds since 1970. Everything can be written as JSON, because MiniStack saves it that way.
"""

import time
import uuid
from typing import Any

from provisioning.localaws.ecs import names
from provisioning.localaws.ecs.model import Breaker
from provisioning.localaws.ecs.names import Scope, ServiceKey

Record = dict[str, Any]

KEPT_EVENTS = 100

# What UpdateService sets, besides the task definition, the count and the deployment configuration.
SETTINGS = (
    *("networkConfiguration", "healthCheckGracePeriodSeconds", "enableExecuteCommand", "platformVersion"),
    *("loadBalancers", "serviceRegistries", "placementConstraints", "placementStrategy", "propagateTags"),
    *("enableECSManagedTags", "availabilityZoneRebalancing", "serviceConnectConfiguration", "volumeConfigurations"),
)
DEFAULTS: dict[str, Any] = {
    "loadBalancers": [],
    "serviceRegistries": [],
    "placementConstraints": [],
    "placementStrategy": [],
    "schedulingStrategy": "REPLICA",
    "deploymentController": {"type": "ECS"},
    "healthCheckGracePeriodSeconds": 0,
    "enableECSManagedTags": False,
    "propagateTags": "NONE",
    "enableExecuteCommand": False,
    "availabilityZoneRebalancing": "ENABLED",
}
DEPLOYMENT_DEFAULTS: dict[str, Any] = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
}


def service_record(key: ServiceKey, asked: Record, task_definition: str, capacity: Record) -> Record:
    """A new service, without a deployment yet. `capacity`: its launchType or capacityProviderStrategy."""
    chosen = {name: asked[name] for name in SETTINGS if name in asked}
    return {
        **DEFAULTS,
        **chosen,
        **capacity,
        "serviceArn": key.scope.arn("service", key.cluster, key.name),
        "serviceName": key.name,
        "clusterArn": key.scope.arn("cluster", key.cluster),
        "taskDefinition": task_definition,
        "desiredCount": int(asked.get("desiredCount", 1)),
        "runningCount": 0,
        "pendingCount": 0,
        "status": "ACTIVE",
        "schedulingStrategy": asked.get("schedulingStrategy", "REPLICA"),
        "deploymentConfiguration": DEPLOYMENT_DEFAULTS | asked.get("deploymentConfiguration", {}),
        "deployments": [],
        "events": [],
        "createdAt": time.time(),
        "createdBy": f"arn:aws:iam::{key.scope.account}:root",
        "_steady": False,
        "_good": None,
    }


def deployment_record(service: Record) -> Record:
    """A deployment of the service as it is now, that has begun."""
    now = time.time()
    made = names.deployment_id()
    return {
        "id": made,
        "status": "PRIMARY",
        "taskDefinition": service["taskDefinition"],
        "desiredCount": service["desiredCount"],
        "runningCount": 0,
        "pendingCount": 0,
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
        **{name: service[name] for name in ("launchType", "capacityProviderStrategy") if service.get(name)},
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {made} in progress.",
        "_failures": 0,  # in a row, for the growing delay
        "_not_before": 0.0,
        "_rollback": False,
    }


def add_event(service: Record, message: str) -> None:
    text = f"(service {service['serviceName']}) {message}"
    service["events"].insert(0, {"id": str(uuid.uuid4()), "createdAt": time.time(), "message": text})
    del service["events"][KEPT_EVENTS:]


def primary(service: Record) -> Record:
    found: Record = next(each for each in service["deployments"] if each["status"] == "PRIMARY")
    return found


def deployment(service: Record, wanted: str) -> Record | None:
    return next((each for each in service["deployments"] if each["id"] == wanted), None)


def task_record(scope: Scope, cluster: str, definition: Record, zone: str, about: Record) -> Record:
    """A task that is placed and not started. `about`: group, startedBy, overrides and the like."""
    arn = scope.arn("task", cluster, names.task_id())
    overrides = about.get("overrides") or {"containerOverrides": [], "inferenceAcceleratorOverrides": []}
    return {
        "taskArn": arn,
        "clusterArn": scope.arn("cluster", cluster),
        "taskDefinitionArn": definition["taskDefinitionArn"],
        "overrides": overrides,
        "lastStatus": "PROVISIONING",
        "desiredStatus": "RUNNING",
        "cpu": str(definition.get("cpu") or _sum(definition, "cpu")),
        "memory": str(definition.get("memory") or _sum(definition, "memory")),
        "connectivity": "CONNECTED",
        "createdAt": time.time(),
        "version": 1,
        "containers": [_container(scope, arn, each) for each in definition["containerDefinitions"]],
        "attachments": [],
        "availabilityZone": zone,
        "healthStatus": "UNKNOWN",
        "tags": [],
        "_targets": [],
        **{name: about[name] for name in about if name != "overrides"},
    }


def _sum(definition: Record, what: str) -> int:
    return sum(int(each.get(what) or 0) for each in definition["containerDefinitions"])


def _container(scope: Scope, task_arn: str, definition: Record) -> Record:
    cluster, task = task_arn.split("/")[-2:]
    return {
        "containerArn": scope.arn("container", cluster, task, str(uuid.uuid4())),
        "taskArn": task_arn,
        "name": definition["name"],
        "image": definition["image"],
        "lastStatus": "PENDING",
        "networkBindings": [],
        "networkInterfaces": [],
        "cpu": str(definition.get("cpu", 0)),
        "memory": str(definition.get("memory") or definition.get("memoryReservation") or 0),
        "healthStatus": "UNKNOWN",
        "_essential": bool(definition.get("essential", True)),
        "_checked": bool(definition.get("healthCheck")),
    }


def shown(value: Any) -> Any:
    """The record as a caller sees it, copied: without our own members and without empty ones."""
    if isinstance(value, dict):
        return {
            name: shown(each) for name, each in value.items() if not name.startswith("_") and each not in (None, "")
        }
    return [shown(each) for each in value] if isinstance(value, list) else value


def breaker_of(record: Record) -> Breaker:
    asked = record["deploymentConfiguration"].get("deploymentCircuitBreaker") or {}
    threshold = asked.get("thresholdConfiguration") or {}
    return Breaker(
        enabled=asked.get("enable", False),
        rolls_back=asked.get("rollback", False),
        resets=asked.get("resetOnHealthyTask", True),
        kind=threshold.get("type", "BOUNDED_PERCENT"),
        value=int(threshold.get("value", 50)),
    )
