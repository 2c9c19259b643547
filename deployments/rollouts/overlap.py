"""The overlap: for as long as a service says, its new tasks run beside the old ones before these are stopped.

ECS stops old tasks as soon as new ones are healthy. When a release dies a moment later, nobody is left to answer. So
the old tasks are protected before the update begins (ECS's task scale-in protection), and the protection is taken away
when the new ones have run long enough, or when the rollout has ended otherwise. Should nobody take it away, it ends by
itself.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from django.utils import timezone

from deployments import states
from deployments.models import Deployment
from deployments.rollouts import after
from deployments.rollouts.decision import Facts
from deployments.rollouts.spec import limit_of
from portal.core.work.steps import keep
from provisioning.aws import ecs, elbv2
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.facts import cluster_of
from provisioning.sessions import ONCE

log = structlog.get_logger(__name__)
SPARE = timedelta(minutes=1)  # the protection outlasts the deadline, at which the rollout goes back


def overlap_of(deployment: Deployment) -> timedelta:
    """How long both run, as was set when it was prepared; zero: no longer than ECS wants."""
    return timedelta(seconds=deployment.settings.get("overlap_seconds", 0))


def protect(session: AwsSession, deployment: Deployment, service: ecs.ServiceState) -> dict[str, Any]:
    """Protects the tasks that run now, before the update begins. For the caller to write down: their ARNs ("tasks") and
    how many targets are healthy ("healthy").

    None where nothing serves, or where ECS refuses, to a role from before the portal asked for this for instance: a
    rollout as ECS does it is better than none.
    """
    if not overlap_of(deployment) or deployment.previous is None or not service.running:
        return {}
    cluster = cluster_of(deployment.environment)
    try:
        healthy = _targets(session, deployment)["healthy"]
        arns = ecs.running_task_arns(session, cluster, service.name)
        ecs.protect_tasks(session, cluster, arns, (limit_of(deployment) + SPARE) // timedelta(minutes=1))
    except AwsProblem as problem:
        if problem.retryable:
            raise
        log.warning("rollouts.not_protected", deployment=deployment.pk, problem=str(problem))
        return {}
    return {"tasks": list(arns), "healthy": healthy} if arns else {}


def _targets(session: AwsSession, deployment: Deployment) -> Counter[str]:
    """How many targets the load balancer finds in each state; of internal services it has none."""
    group = deployment.placement.target_group_arn
    return Counter(target.state for target in elbv2.target_health(session, group)) if group else Counter()


def release(session: AwsSession, deployment: Deployment) -> None:
    """Lets ECS stop the protected tasks. Raises AwsProblem while it cannot be told and the rollout waits for it; at its
    end nobody asks again, and the protection ends by itself."""
    if not deployment.kept:
        return
    session = replace(session, patience=ONCE)  # a change is waited for longer than a look
    try:
        ecs.release_tasks(session, cluster_of(deployment.environment), deployment.kept["tasks"])
    except AwsProblem as problem:
        if deployment.state == states.ROLLING:
            raise
        log.warning("rollouts.not_released", deployment=deployment.pk, problem=str(problem))
        return
    keep(deployment, kept={})


def fails(session: AwsSession, deployment: Deployment, facts: Facts, service: ecs.ServiceState | None) -> bool:
    """Whether the load balancer has turned against a new task that was good. Writes down the first moment at which all
    were: from then on those that stop are counted, too."""
    primary = service.primary if service else None
    if not _is_on(deployment) or service is None or primary is None or not facts.is_ours(primary):
        return False
    if primary.running < primary.desired or not primary.desired:
        return False
    targets = _targets(session, deployment)
    old = min(deployment.kept["healthy"], service.running - primary.running)  # those that died are not missed
    good = not deployment.placement.target_group_arn or targets["healthy"] >= old + primary.running
    if deployment.good_since is None and good:
        keep(deployment, good_since=timezone.now())
    return deployment.good_since is not None and not good and targets["unhealthy"] > 0


def is_bad(deployment: Deployment, stops: Iterable[after.Stop]) -> bool:
    """Whether so many new tasks have stopped while both run that the release has to go back."""
    return _is_on(deployment) and after.is_bad(stops, deployment.desired)


def is_over(deployment: Deployment, stops: Iterable[after.Stop]) -> bool:
    """Whether the protection may end: the new ones have run long enough, or the rollout is over. While it goes back the
    old tasks keep it: a new one that looks healthy for a moment must not replace them."""
    if not deployment.kept or deployment.state == states.ROLLING_BACK:
        return False
    if deployment.state != states.ROLLING:
        return True
    since = deployment.good_since
    return since is not None and timezone.now() >= after.watched_until(stops, since, overlap_of(deployment))


def _is_on(deployment: Deployment) -> bool:
    return bool(deployment.kept) and deployment.state == states.ROLLING
