"""What ECS is told of a deployment: its task definition, its service, and the rolling update."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

from deployments import keys
from deployments.catalog import health
from deployments.catalog.rules import Settings
from deployments.models import Deployment, Placement, Service
from deployments.rollouts import names
from provisioning.aws import ecs
from provisioning.consul import address_for_tasks
from provisioning.facts import facts_of
from provisioning.models import Environment


def snapshot(service: Service) -> dict[str, Any]:
    """The settings that a rollout puts into effect."""
    return {each.name: getattr(service, each.name) for each in fields(Settings)}


def limit_of(deployment: Deployment) -> timedelta:
    """How long its tasks have to take over, and those before them to come back: as was set when it was prepared."""
    minutes = deployment.settings.get("deadline_minutes", deployment.service.deadline_minutes)
    return timedelta(minutes=minutes)


def task_spec(deployment: Deployment) -> ecs.TaskSpec:
    """The task definition: the image by digest, the settings and the variables of this moment."""
    service, environment = deployment.service, deployment.environment
    facts = facts_of(environment)
    return ecs.TaskSpec(
        family=names.task_family(deployment.placement),
        image=f"{service.repository.uri}@{deployment.release.digest}",
        container_name=service.name,
        port=service.port,
        cpu=service.cpu,
        memory=service.memory,
        environment=tuple(sorted(variables(service, environment).items())),
        log_group=facts.log_group,
        log_prefix=service.name,
        execution_role_arn=facts.execution_role_arn,
        task_role_arn=facts.task_role_arn,
        health_check=health.container_check(service),
    )


def variables(service: Service, environment: Environment) -> dict[str, str]:
    """What the container's environment holds: where its configuration is, and the service's own variables."""
    address = address_for_tasks(environment)
    if not address:
        return dict(service.variables)
    folder = keys.prefix(service.customer.slug, environment.slug, service.name)
    return {"CONSUL_HTTP_ADDR": address, "CONSUL_PREFIX": folder, **service.variables}


def service_spec(deployment: Deployment) -> ecs.ServiceSpec:
    """The ECS service as it is made when it is new."""
    placement: Placement = deployment.placement
    service, facts = placement.service, facts_of(deployment.environment)
    return ecs.ServiceSpec(
        cluster=facts.cluster,
        name=service.name,
        task_definition=deployment.task_definition_arn,
        container_name=service.name,
        port=service.port,
        capacity_provider=facts.capacity_provider,
        target_group_arn=placement.target_group_arn or None,
    )


def update_to(deployment: Deployment, state: ecs.ServiceState, task_definition: str, desired: int) -> ecs.ServiceUpdate:
    """A rolling update of the service as it is now that never runs fewer tasks than are wanted. What it runs already
    has to be forced; of anything else ECS begins one rollout, however often it is asked."""
    return ecs.ServiceUpdate(
        cluster=facts_of(deployment.environment).cluster,
        name=state.name,
        task_definition=task_definition,
        desired_count=desired,
        grace_seconds=deployment.service.start_seconds if state.target_group_arns else None,
        force=state.task_definition == task_definition,
    )
