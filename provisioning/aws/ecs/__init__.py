"""Task definitions, services and tasks on the hosts of a cluster."""

from provisioning.aws.ecs.service_deployments import (
    ServiceDeployment,
    describe_service_deployments,
    stop_service_deployment,
)
from provisioning.aws.ecs.services import (
    ServiceSpec,
    ServiceUpdate,
    delete_service,
    describe_services,
    ensure_service,
    scale_service,
    update_service,
)
from provisioning.aws.ecs.states import DeploymentState, ServiceEvent, ServiceState
from provisioning.aws.ecs.task_definitions import HealthCheck, TaskSpec, register_task_definition
from provisioning.aws.ecs.tasks import (
    TaskState,
    describe_tasks,
    list_tasks,
    protect_tasks,
    release_tasks,
    running_task_arns,
)

__all__ = [
    "DeploymentState",
    "HealthCheck",
    "ServiceDeployment",
    "ServiceEvent",
    "ServiceSpec",
    "ServiceState",
    "ServiceUpdate",
    "TaskSpec",
    "TaskState",
    "delete_service",
    "describe_service_deployments",
    "describe_services",
    "describe_tasks",
    "ensure_service",
    "list_tasks",
    "protect_tasks",
    "register_task_definition",
    "release_tasks",
    "running_task_arns",
    "scale_service",
    "stop_service_deployment",
    "update_service",
]
