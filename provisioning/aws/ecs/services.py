"""Services of a cluster: made without tasks, rolled out with a circuit breaker, read ten a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from portal.core.sentences import Sentence
from provisioning.aws.ecs.states import ServiceState, service_state
from provisioning.aws.errors import AwsProblem, accepting, asking_aws
from provisioning.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        CapacityProviderStrategyItemTypeDef,
        DeploymentCircuitBreakerTypeDef,
        DeploymentConfigurationUnionTypeDef,
        LoadBalancerTypeDef,
        ServiceTypeDef,
        UpdateServiceRequestTypeDef,
    )

SERVICES_PER_CALL = 10
# Half of the wanted tasks, as ECS does without being told; one that becomes healthy does not forgive those that failed.
_BREAKER: DeploymentCircuitBreakerTypeDef = {
    "enable": True,
    "rollback": True,
    "resetOnHealthyTask": False,
    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
}


@dataclass(frozen=True)
class ServiceSpec:
    """A service as it is made: with no tasks, so that nothing runs before the first deployment."""

    cluster: str
    name: str
    task_definition: str
    container_name: str
    port: int
    capacity_provider: str | None = None
    target_group_arn: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ServiceUpdate:
    """What every deployment sets anew. `grace_seconds` is for services behind a load balancer only: None without."""

    cluster: str
    name: str
    task_definition: str
    desired_count: int
    grace_seconds: int | None
    min_percent: int = 100
    max_percent: int = 200
    force: bool = True


def ensure_service(session: AwsSession, spec: ServiceSpec, found: ServiceState | None) -> ServiceState:
    """The service that ECS described as `found`, unchanged, or a new one without tasks. Where another request has made
    it meanwhile, the problem passes: the next look finds it."""
    if found is None or found.status == "INACTIVE":
        with accepting("conflict"):
            return _create_service(session, spec)
        sentence = Sentence("aws.service_unseen")
        raise AwsProblem("not_yet", "make the service", spec.name, sentence)
    if found.status == "DRAINING":
        sentence = Sentence("aws.service_draining", service=spec.name)
        raise AwsProblem("conflict", "make the service", found.status, sentence)
    return found


@asking_aws("make the service")
def _create_service(session: AwsSession, spec: ServiceSpec) -> ServiceState:
    made = session.client("ecs").create_service(
        cluster=spec.cluster,
        serviceName=spec.name,
        taskDefinition=spec.task_definition,
        desiredCount=0,
        capacityProviderStrategy=_capacity(spec),
        loadBalancers=_load_balancers(spec),
        deploymentConfiguration=_deployment_configuration(100, 200),
        availabilityZoneRebalancing="ENABLED",
        placementStrategy=[
            {"type": "spread", "field": "attribute:ecs.availability-zone"},
            {"type": "binpack", "field": "memory"},
        ],
        enableECSManagedTags=True,
        propagateTags="SERVICE",
        tags=[{"key": key, "value": value} for key, value in spec.tags],
    )
    return service_state(made["service"])


def _capacity(spec: ServiceSpec) -> list[CapacityProviderStrategyItemTypeDef]:
    return [{"capacityProvider": spec.capacity_provider}] if spec.capacity_provider else []


def _load_balancers(spec: ServiceSpec) -> list[LoadBalancerTypeDef]:
    if not spec.target_group_arn:
        return []
    return [
        {
            "targetGroupArn": spec.target_group_arn,
            "containerName": spec.container_name,
            "containerPort": spec.port,
        }
    ]


def _deployment_configuration(min_percent: int, max_percent: int) -> DeploymentConfigurationUnionTypeDef:
    return {
        "minimumHealthyPercent": min_percent,
        "maximumPercent": max_percent,
        "deploymentCircuitBreaker": _BREAKER,
    }


@asking_aws("roll out the new version")
def update_service(session: AwsSession, update: ServiceUpdate) -> ServiceState:
    """Start a rolling update that goes back by itself if the new version does not come up."""
    request: UpdateServiceRequestTypeDef = {
        "cluster": update.cluster,
        "service": update.name,
        "taskDefinition": update.task_definition,
        "desiredCount": update.desired_count,
        "forceNewDeployment": update.force,
        "deploymentConfiguration": _deployment_configuration(update.min_percent, update.max_percent),
        "availabilityZoneRebalancing": "ENABLED",
    }
    if update.grace_seconds is not None:
        request["healthCheckGracePeriodSeconds"] = update.grace_seconds
    return service_state(session.client("ecs").update_service(**request)["service"])


@asking_aws("change the number of tasks")
def scale_service(session: AwsSession, cluster: str, name: str, desired_count: int) -> ServiceState:
    """Change the count alone; this starts no deployment. 0 stops a first deployment that failed."""
    said = session.client("ecs").update_service(cluster=cluster, service=name, desiredCount=desired_count)
    return service_state(said["service"])


@asking_aws("read the state of the services")
def describe_services(session: AwsSession, cluster: str, names: Sequence[str]) -> dict[str, ServiceState]:
    """By name, ten services a call; services that ECS does not know are absent."""
    batches = (names[at : at + SERVICES_PER_CALL] for at in range(0, len(names), SERVICES_PER_CALL))
    found = chain.from_iterable(_describe(session, cluster, batch) for batch in batches)
    return {said["serviceName"]: service_state(said) for said in found}


def _describe(session: AwsSession, cluster: str, names: Sequence[str]) -> list[ServiceTypeDef]:
    return session.client("ecs").describe_services(cluster=cluster, services=list(names))["services"]


def delete_service(session: AwsSession, cluster: str, name: str, force: bool = True) -> None:
    """Remove the service and its tasks; one that is gone or being removed is left alone."""
    with accepting("not_found"), asking_aws("remove the service"):
        session.client("ecs").delete_service(cluster=cluster, service=name, force=force)
