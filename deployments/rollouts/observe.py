"""What a rollout looks like from outside: tasks, targets and events, kept on the row for the page to show.

`Deployment.observed` is {"new": counts, "old": counts, "zones": [counts by zone], "targets": counts,
"tasks": [...], "events": [...], "health": [what the load balancer said of targets that did not pass]}.
Counts and events come with each look. Tasks and targets cost calls of their own for every service, so they are asked
for only when something happened that they explain, or somebody looks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from django.utils import timezone

from deployments import states
from deployments.availability import rules
from deployments.models import Deployment, Placement, StoppedTask
from deployments.rollouts.decision import COMPLETED, Facts
from deployments.rollouts.explain import Evidence, Stopped
from portal.core.redaction import redact, shortened
from provisioning.aws import elbv2, logs
from provisioning.aws.ecs import DeploymentState, ServiceState, TaskState, list_tasks
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.facts import cluster_of, facts_of

EVENTS, LOG_LINES, LOGS_A_LOOK, HEALTH_WORDS = 20, 20, 20, 5
LINE_LENGTH = 4_000  # characters that are kept of one log line; CloudWatch takes 256 KiB
STARTED = " has started "  # ECS's event "(service web) has started 1 tasks: (task 0123)."
VIEWED = timedelta(seconds=10)  # a page that is open asks every two seconds
CLOCKS = timedelta(seconds=20)  # how far AWS's clock may be behind ours
LAST_WORDS = timedelta(seconds=30)  # how long the log of a stopped task may take to arrive


@dataclass(frozen=True)
class Detail:
    """What was asked of ECS and the load balancer beyond the service itself; None where it was not."""

    running: tuple[TaskState, ...] | None = None
    stopped: tuple[TaskState, ...] = ()
    targets: tuple[elbv2.TargetState, ...] | None = None


def is_viewed(deployment: Deployment, within: timedelta = VIEWED) -> bool:
    """Whether somebody has its page open now."""
    return deployment.viewed_at is not None and timezone.now() - deployment.viewed_at < within


def asks_detail(deployment: Deployment, now: Mapping[str, Any]) -> bool:
    """Whether this look, which `counted` that, goes into the tasks: somebody looks, a task failed, or one was replaced
    after the success, or while both releases run."""
    before = deployment.observed
    failed = now["new"].get("failed", 0) > before.get("new", {}).get("failed", 0)
    return failed or is_viewed(deployment) or _has_moved(deployment, before, now)


def _has_moved(deployment: Deployment, before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether the release's own tasks changed after all of them ran. A task may be replaced between two looks: then
    only ECS's event of the new one tells."""
    if deployment.good_at is None:
        return False
    started = [event for event in now["events"] if STARTED in event["text"] and event not in before.get("events", ())]
    since = deployment.good_at.astimezone(UTC).isoformat()
    counts = bool(now["new"]) and now["new"] != before.get("new")
    return counts or any(event["at"] > since for event in started)


def detail(session: AwsSession, deployment: Deployment, service: ServiceState) -> Detail:
    """The tasks that stopped and how the targets are; the running tasks for whoever looks."""
    cluster = cluster_of(deployment.environment)
    group = deployment.placement.target_group_arn
    return Detail(
        running=list_tasks(session, cluster, service.name, "RUNNING") if is_viewed(deployment) else None,
        stopped=list_tasks(session, cluster, service.name, "STOPPED"),
        targets=elbv2.target_health(session, group) if group else None,
    )


def record(
    deployment: Deployment, facts: Facts, service: ServiceState, now: Mapping[str, Any], seen: Detail | None
) -> None:
    """Writes what is new in what was `counted` and seen to the deployment and its placement."""
    observed = {**deployment.observed, **now}
    if seen:
        observed |= _detailed(deployment, facts, seen)
    if observed != deployment.observed:
        deployment.observed, deployment.observed_at = observed, timezone.now()
        Deployment.objects.filter(pk=deployment.pk).update(observed=observed, observed_at=deployment.observed_at)
    _record_placement(deployment.placement, service, seen)


def _record_placement(placement: Placement, service: ServiceState, seen: Detail | None) -> None:
    before = _present(placement)
    placement.running = service.running
    placement.health = health(service, seen.targets if seen else None)
    if placement.release_id:  # of a first rollout nobody expects an answer yet
        rules.by_tasks(placement, timezone.now())
    if (found := _present(placement)) != before:
        Placement.objects.filter(pk=placement.pk).update(**found, observed_at=timezone.now())


def _present(placement: Placement) -> dict[str, Any]:
    return {name: getattr(placement, name) for name in ("running", "health", "failing_since")}


def health(service: ServiceState, targets: Sequence[elbv2.TargetState] | None = None) -> str:
    """Whether as many tasks serve as are wanted: by the load balancer's verdict, where it was asked; else the tasks
    that run of releases whose rollout was completed."""
    if targets is None:
        serving = sum(each.running for each in service.deployments if each.rollout_state == COMPLETED)
    else:
        serving = Counter(target.state for target in targets)["healthy"]
    return Placement.Health.HEALTHY if serving >= service.desired > 0 else Placement.Health.UNHEALTHY


def evidence(deployment: Deployment, status_reason: str = "", restarts: int = 0) -> Evidence:
    """All that was seen of the new release so far. `status_reason`: ECS's own word about the rollout; `restarts`: how
    many tasks stopped after its success."""
    service = deployment.service
    return Evidence(
        health_path=service.health_path,
        port=service.port,
        memory=service.memory,
        stopped=[said_of(task) for task in deployment.stopped_tasks.all()],
        health=deployment.observed.get("health", ()),
        events=[event["text"] for event in deployment.observed.get("events", ())],
        start_seconds=0 if deployment.good_since else service.start_seconds,  # it had started: that is not why
        status_reason=status_reason,
        restarts=restarts,
    )


def said_of(task: StoppedTask) -> Stopped:
    """What ECS said of a stopped task, for those who explain it."""
    return Stopped(task.stopped_reason, task.stop_code, task.container_reason, task.exit_code)


def counted(deployment: Deployment, facts: Facts, service: ServiceState) -> dict[str, Any]:
    """What each look tells without asking further: tasks of this rollout, other tasks, and ECS's events."""
    ours = [each for each in service.deployments if facts.is_ours(each)]
    others = [each for each in service.deployments if not facts.is_ours(each)]
    since = deployment.started_at or deployment.created_at
    return {
        "new": _counts(ours),
        "old": _counts(others),
        "events": [
            {"at": event.at.astimezone(UTC).isoformat(), "text": event.message}
            for event in service.events[:EVENTS]
            if event.at >= since
        ],
    }


def _detailed(deployment: Deployment, facts: Facts, seen: Detail) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if seen.running is not None:
        found["tasks"] = [_task(deployment, facts, task) for task in seen.running]
    if seen.targets is not None:
        found["targets"] = dict(Counter(target.state for target in seen.targets))
        found["zones"] = _zones(seen.targets)
        found["health"] = _health_words(deployment.observed.get("health", ()), seen.targets)
    return found


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
    """A task of this rollout: an earlier try of the same release has the same task definition, so its age tells."""
    since = (deployment.started_at or deployment.created_at) - CLOCKS
    young = task.created_at is not None and task.created_at >= since
    return young and task.task_definition == facts.task_definition


def _health_words(before: Iterable[str], targets: Iterable[elbv2.TargetState]) -> list[str]:
    """The load balancer forgets a target with its task, so what it said is kept."""
    said = [target.description for target in targets if target.description and target.state != "draining"]
    return list(dict.fromkeys([*before, *said]))[:HEALTH_WORDS]


def archive(deployment: Deployment, facts: Facts, seen: Detail) -> None:
    """Keeps stopped tasks, which ECS forgets within the hour. What it says of one that still ends is not all yet."""
    stopped = [_stopped(deployment, task) for task in seen.stopped if _is_new(deployment, facts, task)]
    StoppedTask.objects.bulk_create(
        stopped,
        update_conflicts=True,
        unique_fields=["deployment", "task_arn"],
        update_fields=["stopped_reason", "stop_code", "exit_code", "container_reason", "stopped_at"],
    )


def listen(session: AwsSession, deployments: Sequence[Deployment]) -> None:
    """Adds the last words of tasks that stopped a moment ago: they arrive after the task is gone."""
    heard = {each.pk: each for each in deployments if _may_have_stopped(each)}
    if not heard:
        return
    since = timezone.now() - LAST_WORDS
    silent = StoppedTask.objects.filter(deployment__in=heard, log_lines=[], stopped_at__gte=since)
    for row in silent[:LOGS_A_LOOK]:
        lines = last_lines(session, heard[row.deployment_id], row.task_arn)
        if lines:
            StoppedTask.objects.filter(pk=row.pk).update(log_lines=lines)


def _may_have_stopped(deployment: Deployment) -> bool:
    failed = bool(deployment.observed.get("new", {}).get("failed"))
    return failed or deployment.state == states.SUCCEEDED or deployment.good_since is not None


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
