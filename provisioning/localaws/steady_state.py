"""When a deployment is done: only with healthy tasks. Makes the circuit breaker true from the first deployment on."""

import time
from typing import Any

from ministack.core.concurrency import resource_lock
from ministack.core.responses import new_uuid
from ministack.services import ecs

from provisioning.localaws.checks import Reaches
from provisioning.localaws.task_health import is_healthy

REACHES = (
    Reaches("ministack.core.responses", ("new_uuid",)),
    Reaches(
        "ministack.services.ecs",
        (
            "_make_deployment",
            "_record_service_task_healthy",
            "_record_service_task_failure",
            "_complete_service_deployment",
            "_refresh_service_state",
            "_primary_deployment",
            "_deployment_for_task",
            "_task_is_active",
            "_cluster_name_from_arn",
            "_services",
            "_tasks",
            "_PRE_STOP_STATUSES",
            "_iso",
        ),
    ),
)

Service = dict[str, Any]


def install() -> None:
    _begin_in_progress()
    _wait_for_health()
    _forget_empty_deployments()
    _announce_completion()
    _drop_failed_deployments()


def _begin_in_progress() -> None:
    """MiniStack calls a service's first deployment COMPLETED at birth, so its circuit breaker never acts on it."""
    original = ecs._make_deployment

    def make(task_definition: str, desired: int, *args: Any) -> Any:
        deployment = original(task_definition, desired, *args)
        if desired:
            deployment["rolloutState"] = "IN_PROGRESS"
            deployment["rolloutStateReason"] = f"ECS deployment {deployment['id']} in progress."
        else:
            deployment["_never_ran"] = True
        return deployment

    ecs._make_deployment = make


def _wait_for_health() -> None:
    original = ecs._record_service_task_healthy

    def healthy(service_key: str, task: dict[str, Any]) -> None:
        """Runs on a thread of the task's own. An unhealthy task is stopped by its watcher, which ends the wait."""
        service = ecs._services.get(service_key)
        while service and ecs._task_is_active(task.get("taskArn"), task) and not is_healthy(service, task):
            time.sleep(0.1)
        original(service_key, task)
        deployment = ecs._deployment_for_task(service, task) if service else None
        if deployment and task.get("_startup_stable"):
            deployment.pop("_never_ran", None)

    ecs._record_service_task_healthy = healthy


def _forget_empty_deployments() -> None:
    """A deployment that never ran a task is nothing to roll back to."""
    original = ecs._record_service_task_failure

    def fail(task: dict[str, Any], digest_resolution_failed: bool = False) -> None:
        cluster = ecs._cluster_name_from_arn(task.get("clusterArn", ""))
        key = f"{cluster}/{task.get('group', '').partition(':')[2]}"
        service = ecs._services.get(key)
        if service:
            with resource_lock("ecs-service", key):
                service["deployments"] = [each for each in service["deployments"] if not _is_empty(each)]
        original(task, digest_resolution_failed)

    ecs._record_service_task_failure = fail


def _is_empty(deployment: dict[str, Any]) -> bool:
    return bool(deployment.get("_never_ran")) and deployment["status"] != "PRIMARY"


def _announce_completion() -> None:
    original = ecs._complete_service_deployment

    def complete(cluster: str, service_key: str, expected_deployment_id: str | None = None) -> None:
        before = _rollout_state(service_key)
        original(cluster, service_key, expected_deployment_id)
        if before == "IN_PROGRESS" and _rollout_state(service_key) == "COMPLETED":
            service = ecs._services[service_key]
            _event(service, f"(deployment {ecs._primary_deployment(service)['id']}) deployment completed.")
            _event(service, "has reached a steady state.")

    ecs._complete_service_deployment = complete


def _rollout_state(service_key: str) -> str:
    service = ecs._services.get(service_key)
    return str((ecs._primary_deployment(service) or {}).get("rolloutState", "")) if service else ""


def _event(service: Service, message: str) -> None:
    text = f"(service {service['serviceName']}) {message}"
    service["events"].insert(0, {"id": new_uuid(), "createdAt": ecs._iso(), "message": text})


def _drop_failed_deployments() -> None:
    """AWS lists a failed deployment until its rollback is done or a newer one begins; MiniStack lists it for ever."""
    original = ecs._refresh_service_state

    def refresh(cluster: str, group: str) -> None:
        original(cluster, group)
        service = ecs._services.get(f"{cluster}/{(group or '').partition(':')[2]}")
        if service:
            service["deployments"] = [each for each in service["deployments"] if not _is_over(service, each)]

    ecs._refresh_service_state = refresh


def _is_over(service: Service, deployment: dict[str, Any]) -> bool:
    primary = ecs._primary_deployment(service)
    if not primary or deployment is primary or deployment["rolloutState"] != "FAILED":
        return False
    # The newest deployment comes first; a rollback's primary is older than the one that failed.
    superseded = service["deployments"].index(primary) < service["deployments"].index(deployment)
    return (superseded or primary["rolloutState"] == "COMPLETED") and not _has_tasks(deployment)


def _has_tasks(deployment: dict[str, Any]) -> bool:
    return any(
        task.get("_deployment_id") == deployment["id"] and task.get("lastStatus") in ecs._PRE_STOP_STATUSES
        for task in list(ecs._tasks.values())
    )
