"""What a rollout looks like from outside: tasks, targets and events, kept on the row for the page to show.

`Deployment.observed` is {"new": counts, "old": counts, "zones": [counts by zone], "targets": counts,
"tasks": [...], "events": [...], "health": [what the load balancer said of targets that did not pass]}.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from deployments.models import Deployment, Placement, StoppedTask
from deployments.rollouts.decision import Facts
from deployments.rollouts.explain import Evidence, Stopped
from portal.core.redaction import redact, shortened
from provisioning.aws import elbv2, logs
from provisioning.aws.ecs import DeploymentState, ServiceState, TaskState, list_tasks
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.facts import cluster_of, facts_of

EVENTS, LOG_LINES, LOGS_A_LOOK, HEALTH_WORDS = 20, 20, 5, 5
LINE_LENGTH = 4_000  # characters that are kept of one log line; CloudWatch takes 256 KiB


@dataclass(frozen=True)
class Look:
    """One look at AWS."""

    service: ServiceState
    running: tuple[TaskState, ...]
    stopped: tuple[TaskState, ...]
    targets: tuple[elbv2.TargetState, ...]


def look(session: AwsSession, deployment: Deployment, service: ServiceState) -> Look:
    cluster = cluster_of(deployment.environment)
    group = deployment.placement.target_group_arn
    return Look(
        service=service,
        running=list_tasks(session, cluster, service.name, "RUNNING"),
        stopped=list_tasks(session, cluster, service.name, "STOPPED"),
        targets=elbv2.target_health(session, group) if group else (),
    )


def record(session: AwsSession, deployment: Deployment, facts: Facts, seen: Look) -> None:
    """Writes what was seen to the deployment, its stopped tasks and its placement."""
    now = timezone.now()
    deployment.observed = _observed(deployment, facts, seen)
    deployment.observed_at = now
    Deployment.objects.filter(pk=deployment.pk).update(observed=deployment.observed, observed_at=now)
    Placement.objects.filter(pk=deployment.placement_id).update(
        running=seen.service.running, health=health(seen), observed_at=now
    )
    new = [task for task in seen.stopped if _is_new(deployment, facts, task)]
    _archive(session, deployment, new)


def health(seen: Look) -> str:
    """Whether as many tasks serve as are wanted: by the load balancer's verdict, where there is one."""
    healthy = Counter(target.state for target in seen.targets)["healthy"]
    serving = healthy if seen.service.target_group_arns else seen.service.running
    enough = serving >= seen.service.desired > 0
    return Placement.Health.HEALTHY if enough else Placement.Health.UNHEALTHY


def evidence(deployment: Deployment) -> Evidence:
    """All that was seen of the new release so far."""
    service = deployment.service
    return Evidence(
        health_path=service.health_path,
        port=service.port,
        memory=service.memory,
        stopped=[
            Stopped(task.stopped_reason, task.stop_code, task.container_reason, task.exit_code)
            for task in deployment.stopped_tasks.all()
        ],
        health=deployment.observed.get("health", ()),
        events=[event["text"] for event in deployment.observed.get("events", ())],
    )


def _observed(deployment: Deployment, facts: Facts, seen: Look) -> dict[str, Any]:
    ours = [each for each in seen.service.deployments if facts.is_ours(each)]
    others = [each for each in seen.service.deployments if not facts.is_ours(each)]
    since = deployment.started_at or deployment.created_at
    return {
        "new": _counts(ours),
        "old": _counts(others),
        "targets": dict(Counter(target.state for target in seen.targets)),
        "zones": _zones(seen.targets),
        "tasks": [_task(deployment, facts, task) for task in seen.running],
        "events": [
            {"at": event.at.isoformat(), "text": event.message}
            for event in seen.service.events[:EVENTS]
            if event.at >= since
        ],
        "health": _health_words(deployment.observed.get("health", ()), seen.targets),
    }


def _counts(deployments: Iterable[DeploymentState]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for each in deployments:
        counts.update(running=each.running, pending=each.pending, desired=each.desired, failed=each.failed)
    return dict(counts)


def _zones(targets: Iterable[elbv2.TargetState]) -> list[dict[str, Any]]:
    zones: dict[str, Counter[str]] = {}
    for target in targets:
        zones.setdefault(target.availability_zone, Counter())[target.state] += 1
    return [{"zone": zone, **states} for zone, states in sorted(zones.items())]


def _task(deployment: Deployment, facts: Facts, task: TaskState) -> dict[str, Any]:
    return {
        "id": task.arn.rsplit("/", 1)[-1],
        "new": _is_new(deployment, facts, task),
        "status": task.last_status.lower(),
        "health": task.health.lower(),
        "zone": task.availability_zone,
        "started_at": task.started_at.isoformat() if task.started_at else "",
    }


def _is_new(deployment: Deployment, facts: Facts, task: TaskState) -> bool:
    """A task of this rollout; when it restarts the release that served before, only its age tells."""
    if task.task_definition != facts.task_definition:
        return False
    since = deployment.started_at or deployment.created_at
    return facts.previous != facts.task_definition or (task.created_at is not None and task.created_at >= since)


def _health_words(before: Iterable[str], targets: Iterable[elbv2.TargetState]) -> list[str]:
    """The load balancer forgets a target with its task, so what it said is kept."""
    said = [target.description for target in targets if target.description and target.state != "draining"]
    return list(dict.fromkeys([*before, *said]))[:HEALTH_WORDS]


def _archive(session: AwsSession, deployment: Deployment, stopped: Sequence[TaskState]) -> None:
    """Keeps stopped tasks, which ECS forgets within the hour, with their last words once these have arrived."""
    StoppedTask.objects.bulk_create([_stopped(deployment, task) for task in stopped], ignore_conflicts=True)
    silent = deployment.stopped_tasks.filter(log_lines=[], task_arn__in=[task.arn for task in stopped])
    for row in silent[:LOGS_A_LOOK]:
        lines = last_lines(session, deployment, row.task_arn)
        if lines:
            StoppedTask.objects.filter(pk=row.pk).update(log_lines=lines)


def _stopped(deployment: Deployment, task: TaskState) -> StoppedTask:
    return StoppedTask(
        deployment=deployment,
        task_arn=task.arn,
        stopped_reason=task.stopped_reason,
        stop_code=task.stop_code,
        exit_code=task.exit_code,
        container_reason=task.container_reason,
        stopped_at=task.stopped_at,
    )


def last_lines(session: AwsSession, deployment: Deployment, task_arn: str) -> list[str]:
    """The task's last log lines with secrets masked; none when the log cannot be read now."""
    name = deployment.service.name
    stream = logs.task_stream(name, name, task_arn)
    try:
        found = logs.tail(session, facts_of(deployment.environment).log_group, stream, LOG_LINES)
    except AwsProblem:
        return []
    return [str(redact(shortened(line.message.rstrip(), LINE_LENGTH))) for line in found]
