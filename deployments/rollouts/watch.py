"""Following all rollouts of a cluster: one DescribeServices for every ten of them, then a decision for each."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.utils import timezone

from deployments import states
from deployments.models import Deployment, StoppedTask
from deployments.rollouts import after, moves, observe, overlap, selectors
from deployments.rollouts.decision import WAIT, Decision, Facts, Move, Why, asks_record, decide
from deployments.rollouts.spec import limit_of
from portal.core.sentences import NOTHING, Sentence
from portal.core.work.state import transition
from portal.core.work.steps import ending_errored, note_problem
from provisioning.aws import ecs
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.facts import cluster_of
from provisioning.models import Environment

log = structlog.get_logger(__name__)
FRESH = timedelta(seconds=10)  # ECS answers from several copies: right after a change some do not know it yet


def watch(session: AwsSession, environment: Environment, *, calmly: bool = True) -> None:
    """One look at every rollout of the environment; with `calmly` at what is watched after its success, too, and at the
    targets of releases that run side by side."""
    rollouts = [each for each in selectors.watched(environment, after=calmly) if not _is_left(each)]
    if not rollouts:
        return
    names = sorted({each.placement.ecs_service_name for each in rollouts})
    try:
        services = ecs.describe_services(session, cluster_of(environment), names)
        looks = [_Look(each, services.get(each.placement.ecs_service_name)) for each in rollouts]
        _ask_records(session, looks)
    except AwsProblem as problem:
        for rollout in rollouts:
            with ending_errored(rollout):
                _note(rollout, problem)
        return
    seen = [look for look in looks if _attend(look.deployment, partial(_observe, session, look))]
    observe.listen(session, [look.deployment for look in seen])
    stops = _stops([look.deployment for look in seen])
    for look in seen:
        _attend(look.deployment, partial(_follow, session, look, stops[look.deployment.pk], calmly=calmly))


def _is_left(deployment: Deployment) -> bool:
    """The watch after success ends some time, also where AWS cannot be asked or a task never finds a host."""
    succeeded_at = deployment.finished_at if deployment.state == states.SUCCEEDED else None
    over = succeeded_at is not None and timezone.now() >= succeeded_at + after.LONGEST * moves.after_watch()
    if over:
        moves.leave(deployment)
    return over


class _Look:
    """A rollout, and what ECS says of it."""

    def __init__(self, deployment: Deployment, service: ecs.ServiceState | None) -> None:
        self.deployment, self.service = deployment, service
        self.facts = facts_of(deployment)
        self.record = self._new_record() or deployment.service_deployment
        self.detailed = False

    def _new_record(self) -> str:
        """ECS's record of the rollout, once the service names it: it may do so later than it starts."""
        primary = self.service.primary if self.service else None
        if self.service is None or primary is None or not self.facts.is_ours(primary):
            return ""
        named = self.service.service_deployment_arn
        return "" if named == self.deployment.service_deployment_before else named

    @property
    def asks_record(self) -> bool:
        going = self.deployment.state in states.WATCHED
        return going and bool(self.record) and asks_record(self.facts, self.service)


def _ask_records(session: AwsSession, looks: Sequence[_Look]) -> None:
    """Adds ECS's own records of those rollouts whose next move depends on them."""
    asked = [look for look in looks if look.asks_record]
    found = ecs.describe_service_deployments(session, [look.record for look in asked]) if asked else {}
    for look in asked:
        look.facts = replace(look.facts, record=found.get(look.record))


def _stops(deployments: Sequence[Deployment]) -> Mapping[int, list[after.Stop]]:
    """The tasks of each release that stopped after its success, or while both releases run."""
    found: dict[int, list[after.Stop]] = defaultdict(list)
    since = {each.pk: good_at for each in deployments if (good_at := each.good_at)}
    tasks = StoppedTask.objects.filter(deployment__in=since, stopped_at__isnull=False).defer("log_lines")
    for task in tasks if since else ():
        if task.stopped_at and task.stopped_at > since[task.deployment_id]:
            found[task.deployment_id].append(after.Stop(task.stopped_at, observe.said_of(task)))
    return found


def _attend(deployment: Deployment, do: Callable[[], None]) -> bool:
    """What goes wrong with one rollout must not keep the others waiting; whether it was done."""
    with ending_errored(deployment):
        try:
            do()
            note_problem(deployment, NOTHING)
            return True
        except AwsProblem as problem:
            _note(deployment, problem)
    return False


def _note(deployment: Deployment, problem: AwsProblem) -> None:
    """AWS could not be asked: say so and ask again; past the deadline give up rather than block the service."""
    if deployment.state in states.WATCHED and not problem.retryable and _is_overdue(deployment):
        reason = Sentence("rollouts.not_followed", cause=problem.sentence)
        transition(deployment, states.FAILED, reason=reason, cause=problem.sentence)
    else:
        note_problem(deployment, problem.sentence)


def _observe(session: AwsSession, look: _Look, *, closely: bool = False) -> None:
    deployment, service = look.deployment, look.service
    if service is None:
        return
    if look.record != deployment.service_deployment:
        deployment.service_deployment = look.record
        Deployment.objects.filter(pk=deployment.pk).update(service_deployment=look.record)
    now = observe.counted(deployment, look.facts, service)
    asks = not look.detailed and (closely or observe.asks_detail(deployment, now))
    seen = _detail(session, look, service) if asks else None
    if seen:
        observe.archive(deployment, look.facts, seen)
    observe.record(deployment, look.facts, service, now, seen)


def _detail(session: AwsSession, look: _Look, service: ecs.ServiceState) -> observe.Detail | None:
    """What the tasks say is worth knowing, but nothing waits for it."""
    look.detailed = True
    try:
        return observe.detail(session, look.deployment, service)
    except AwsProblem as problem:
        log.warning("rollouts.no_detail", deployment=look.deployment.pk, problem=str(problem))
        return None


def _follow(session: AwsSession, look: _Look, stops: Sequence[after.Stop], *, calmly: bool) -> None:
    if look.deployment.state == states.SUCCEEDED:
        _follow_after(look, stops)
        return
    decision = decide(look.facts, look.service)
    if decision == WAIT and calmly and overlap.fails(session, look.deployment, look.facts, look.service):
        decision = Decision(Move.TURN_BACK, Why.BROKEN)
    if decision.move is Move.TURN_BACK:
        _observe(session, look, closely=True)  # what stopped and what the load balancer says is why
    if decision.move is not Move.WAIT:
        moves.ACTIONS[decision.move](moves.Rollout(session, look.deployment, look.service, look.facts, decision))
    elif overlap.is_bad(look.deployment, stops):
        moves.go_back(look.deployment, len(after.faults(stops)))
    if overlap.is_over(look.deployment, stops):
        overlap.release(session, look.deployment)


def _follow_after(look: _Look, stops: Sequence[after.Stop]) -> None:
    """The watch after success ends well, badly, or without a verdict because something else runs now."""
    deployment, primary = look.deployment, look.service.primary if look.service else None
    if deployment.placement.latest_id != deployment.pk or primary is None or not look.facts.is_ours(primary):
        moves.leave(deployment)
    elif after.is_bad(stops, deployment.desired):
        moves.send_back(deployment, len(after.faults(stops)))
    elif primary.running >= primary.desired and timezone.now() >= _verified_at(deployment, stops):
        moves.verify(deployment)  # while a task finds no host, which is no fault, there is nothing to verify


def _verified_at(deployment: Deployment, stops: Sequence[after.Stop]) -> datetime:
    assert deployment.finished_at is not None
    return after.watched_until(stops, deployment.finished_at, moves.after_watch())


def facts_of(deployment: Deployment) -> Facts:
    """What the portal knows of its own rollout, ECS's record apart."""
    return Facts(
        task_definition=deployment.task_definition_arn,
        ecs_deployment=deployment.ecs_deployment,
        previous=deployment.previous_task_definition_arn,
        rolling_back=deployment.state == states.ROLLING_BACK,
        cancel=deployment.cancel_requested_by is not None,
        overdue=_is_overdue(deployment),
        fresh=timezone.now() < _deadline(deployment) - limit_of(deployment) + FRESH,
    )


def _deadline(deployment: Deployment) -> datetime:
    return deployment.deadline_at or deployment.created_at + limit_of(deployment)


def _is_overdue(deployment: Deployment) -> bool:
    return timezone.now() > _deadline(deployment)
