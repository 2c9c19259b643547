"""The steps before a rollout: each one short and idempotent, so that a worker may die between any two lines.

Every step is done again from its start when it was cut off: what it makes at AWS is found by its name, and the rolling
update is not started a second time, because the ECS deployment that served before it is written down first.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction as database
from django.utils import timezone

from deployments import keys, states
from deployments.models import Deployment, Placement, Service
from deployments.rollouts import names, rules
from deployments.rollouts.watches import watch_of
from portal.core.locks import hold
from portal.core.work.state import transition
from portal.core.work.steps import RetryLater, keep
from provisioning.aws import ecr, ecs, elbv2
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.consul import address_for_tasks
from provisioning.facts import facts_of
from provisioning.models import Environment
from provisioning.sessions import session_for

ROLLOUT_LIMIT = timedelta(minutes=15)
RETRY_SECONDS = 10.0
DEREGISTRATION_SECONDS = 30  # a task that leaves may finish its requests for this long
SETTINGS = ("cpu", "memory", "count", "path", "host", "health_path", "variables")
GRACE_SECONDS = 30  # a task may start for this long before the load balancer's verdict counts


class Unready(Exception):
    """A preparing step cannot be done, and will not be by trying again: the message is the sentence people read."""


def advance(deployment: Deployment) -> float:
    """One step; the seconds until the next. Raises RetryLater when AWS cannot do it now."""
    try:
        _advance(deployment)
    except AwsProblem as problem:
        if problem.retryable:
            raise RetryLater(problem.sentence, RETRY_SECONDS) from problem
        _fail(deployment, problem.sentence)
    except Unready as unready:
        _fail(deployment, str(unready))
    return 0


def _advance(deployment: Deployment) -> None:
    done = len(deployment.prepared)
    # Once the update may have been started, only the watcher can take it back.
    if deployment.cancel_requested_by and done < len(STEPS) - 1:
        reason = f"Cancelled by {deployment.cancel_requested_by} before anything was changed."
        transition(deployment, states.CANCELED, reason=reason, actor=deployment.cancel_requested_by)
    elif deployment.state == states.QUEUED:
        transition(deployment, states.PREPARING, reason="Everything the release needs is made ready.")
    elif deployment.state == states.PREPARING:
        _, step = STEPS[done]
        step(deployment, session_for(deployment.environment.account, deployment.environment.region))


def _fail(deployment: Deployment, cause: str) -> None:
    stays = f"{deployment.previous.name} serves as before." if deployment.previous else "Nothing was started."
    transition(deployment, states.FAILED, reason=f"{cause} {stays}", cause=cause)


def _done(deployment: Deployment, **fields: Any) -> None:
    """Notes that the present step is done, with what it found."""
    keep(deployment, prepared=[*deployment.prepared, timezone.now().isoformat()], **fields)


def find_image(deployment: Deployment, _session: AwsSession) -> None:
    """The digest must still be in the repository, in the account and region that hold the service's images."""
    service = deployment.service
    images = session_for(service.account, service.region)
    if not ecr.image_exists(images, service.repository.name, deployment.release.digest):
        raise Unready(rules.image_gone(deployment.release.name, service.repository.name))
    _done(deployment)


def balance(deployment: Deployment, session: AwsSession) -> None:
    """A public service's target group and rule, as the service's settings are now."""
    if deployment.service.exposure == Service.Exposure.PUBLIC:
        placement = deployment.placement
        placement.target_group_arn = elbv2.ensure_target_group(session, _target_group(placement))
        placement.save(update_fields=["target_group_arn"])
        _ensure_rule(session, placement)
    _done(deployment)


def _target_group(placement: Placement) -> elbv2.TargetGroupSpec:
    service, environment = placement.service, placement.environment
    return elbv2.TargetGroupSpec(
        name=names.target_group_name(environment.aws_name, service.name, environment.pk),
        vpc_id=facts_of(environment).vpc_id,
        health_path=service.health_path,
        deregistration_delay=DEREGISTRATION_SECONDS,
    )


def _ensure_rule(session: AwsSession, placement: Placement) -> None:
    listener = facts_of(placement.environment).listener_arn
    service = placement.service
    conditions = elbv2.RuleConditions(paths=(service.path,), hosts=(service.host,) if service.host else ())
    priority = placement.rule_priority or _allocate(placement, elbv2.used_priorities(session, listener))
    try:
        rule = elbv2.ensure_rule(session, listener, placement.target_group_arn, conditions, priority)
    except AwsProblem as problem:
        if problem.code != "conflict":
            raise
        Placement.objects.filter(pk=placement.pk).update(rule_priority=None)
        raise RetryLater("Somebody else took the place of this service's rule: another is chosen.", 1) from problem
    placement.rule_arn, placement.rule_priority = rule.arn, rule.priority
    placement.save(update_fields=["rule_arn", "rule_priority"])


def _allocate(placement: Placement, used: frozenset[int]) -> int:
    """A free priority, kept on the placement: two writers of one listener never choose the same."""
    environment, service = placement.environment, placement.service
    with database.atomic():
        hold(f"rules of environment {environment.pk}")
        placed = Placement.objects.filter(environment=environment).exclude(rule_priority=None)
        given = placed.values_list("rule_priority", flat=True)
        priority = names.free_priority(service.host, service.path, used | set(given))
        if priority is None:
            raise Unready("The load balancer has no place left for another rule. Remove a service that is not used.")
        Placement.objects.filter(pk=placement.pk).update(rule_priority=priority)
    placement.rule_priority = priority
    return priority


def describe(deployment: Deployment, session: AwsSession) -> None:
    """The task definition: the image by digest, the settings and the variables of this moment."""
    arn = ecs.register_task_definition(session, task_spec(deployment))
    _done(deployment, task_definition_arn=arn, settings=snapshot(deployment.service))


def snapshot(service: Service) -> dict[str, Any]:
    """The settings that a rollout puts into effect."""
    return {name: getattr(service, name) for name in SETTINGS}


def task_spec(deployment: Deployment) -> ecs.TaskSpec:
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
    )


def variables(service: Service, environment: Environment) -> dict[str, str]:
    """What the container's environment holds: where its configuration is, and the service's own variables."""
    address = address_for_tasks(environment)
    if not address:
        return dict(service.variables)
    folder = keys.prefix(service.customer.slug, environment.slug, service.name)
    return {"CONSUL_HTTP_ADDR": address, "CONSUL_PREFIX": folder, **service.variables}


def ensure_service(deployment: Deployment, session: AwsSession) -> None:
    """The ECS service, made without tasks when it is new; and what serves now, before anything changes."""
    placement, facts = deployment.placement, facts_of(deployment.environment)
    state = ecs.ensure_service(
        session,
        ecs.ServiceSpec(
            cluster=facts.cluster,
            name=placement.service.name,
            task_definition=deployment.task_definition_arn,
            container_name=placement.service.name,
            port=placement.service.port,
            capacity_provider=facts.capacity_provider,
            target_group_arn=placement.target_group_arn or None,
        ),
    )
    placement.ecs_service_name = state.name
    placement.save(update_fields=["ecs_service_name"])
    _done(deployment, ecs_deployment_before=state.primary.id if state.primary else "")


def start(deployment: Deployment, session: AwsSession) -> None:
    """Starts the rolling update, unless this step has done so before it was cut off."""
    cluster, name = facts_of(deployment.environment).cluster, deployment.placement.ecs_service_name
    state = ecs.describe_services(session, cluster, (name,)).get(name)
    if state is None or state.primary is None or state.primary.id == deployment.ecs_deployment_before:
        state = ecs.update_service(session, update_to(deployment, deployment.task_definition_arn, deployment.desired))
    with database.atomic():
        _done(deployment, ecs_deployment=state.primary.id if state.primary else "")
        first = "The first tasks are starting." if deployment.previous is None else ""
        transition(
            deployment,
            states.ROLLING,
            reason=first or "New tasks take over from old ones as soon as they are healthy.",
            deadline_at=timezone.now() + ROLLOUT_LIMIT,
        )
        watch_of(deployment.environment_id).wake()


def update_to(deployment: Deployment, task_definition: str, desired: int) -> ecs.ServiceUpdate:
    """A rolling update that never runs fewer tasks than are wanted."""
    return ecs.ServiceUpdate(
        cluster=facts_of(deployment.environment).cluster,
        name=deployment.placement.ecs_service_name,
        task_definition=task_definition,
        desired_count=desired,
        grace_seconds=GRACE_SECONDS,
    )


Step = Callable[[Deployment, AwsSession], None]
STEPS: tuple[tuple[str, Step], ...] = (
    ("Image found", find_image),
    ("Load balancer prepared", balance),
    ("New version described", describe),
    ("Service ready", ensure_service),
    ("Rolling update started", start),
)
