"""Following all rollouts of a cluster: one DescribeServices for every ten of them, then a decision for each.

What is decided is written down before AWS is told, and told again as long as AWS shows otherwise: a worker may die
between the two.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction as database
from django.utils import timezone

from deployments import states
from deployments.models import Deployment, Placement
from deployments.rollouts import observe, selectors
from deployments.rollouts.decision import Decision, Facts, Move, Why, decide
from deployments.rollouts.explain import explain
from deployments.rollouts.prepare import ROLLOUT_LIMIT, update_to
from portal.core.errors import LostRace
from portal.core.work.state import transition
from portal.core.work.steps import ending_errored, note_problem
from provisioning.aws import ecs
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.facts import cluster_of
from provisioning.models import Environment
from provisioning.sessions import session_for

FRESH = timedelta(seconds=10)  # ECS answers from several copies: right after a change some do not know it yet

WHY = {
    Why.GONE: "Its service was removed from the cluster outside the portal.",
    Why.REPLACED: "Somebody started another rollout of this service outside the portal.",
    Why.STUCK: "The earlier release did not become healthy again in time.",
}


def watch(environment: Environment) -> None:
    """One look at every rollout of the environment."""
    rollouts = list(selectors.watched(environment))
    if not rollouts:
        return
    session = session_for(environment.account, environment.region)
    names = [rollout.placement.ecs_service_name for rollout in rollouts]
    try:
        services = ecs.describe_services(session, cluster_of(environment), names)
    except AwsProblem as problem:
        for rollout in rollouts:
            with suppress(LostRace):
                _note(rollout, problem)
        return
    for rollout in rollouts:
        _attend(session, rollout, services)


def _attend(session: AwsSession, deployment: Deployment, services: Mapping[str, ecs.ServiceState]) -> None:
    """What goes wrong with one rollout must not keep the others waiting."""
    with ending_errored(deployment):
        try:
            _follow(session, deployment, services.get(deployment.placement.ecs_service_name))
        except AwsProblem as problem:
            _note(deployment, problem)


def _note(deployment: Deployment, problem: AwsProblem) -> None:
    """AWS could not be asked: say so and ask again; past the deadline give up rather than block the service."""
    if not problem.retryable and _is_overdue(deployment):
        reason = f"The portal could not follow this rollout. {problem.sentence} What runs now is not known."
        transition(deployment, states.FAILED, reason=reason, cause=problem.sentence)
    else:
        note_problem(deployment, problem.sentence)


def _follow(session: AwsSession, deployment: Deployment, service: ecs.ServiceState | None) -> None:
    facts = facts_of(deployment)
    seen = observe.look(session, deployment, service) if service else None
    if seen:
        observe.record(session, deployment, facts, seen)
    note_problem(deployment, "")
    decision = decide(facts, service)
    if decision.move is not Move.WAIT:
        ACTIONS[decision.move](_Rollout(session, deployment, service, decision))


def facts_of(deployment: Deployment) -> Facts:
    return Facts(
        task_definition=deployment.task_definition_arn,
        ecs_deployment=deployment.ecs_deployment,
        previous=deployment.previous_task_definition_arn,
        rolling_back=deployment.state == states.ROLLING_BACK,
        cancel=deployment.cancel_requested_by is not None,
        overdue=_is_overdue(deployment),
        fresh=timezone.now() < _deadline(deployment) - ROLLOUT_LIMIT + FRESH,
    )


def _deadline(deployment: Deployment) -> datetime:
    return deployment.deadline_at or deployment.created_at + ROLLOUT_LIMIT


def _is_overdue(deployment: Deployment) -> bool:
    return timezone.now() > _deadline(deployment)


class _Rollout:
    """A rollout at the moment of a decision, and what can be done with it."""

    def __init__(
        self, session: AwsSession, deployment: Deployment, service: ecs.ServiceState | None, decision: Decision
    ) -> None:
        self.session, self.deployment, self.service, self.why = session, deployment, service, decision.why
        self.cluster = cluster_of(deployment.environment)
        self.before = deployment.previous.name if deployment.previous else ""

    def succeed(self) -> None:
        deployment, service = self.deployment, self.service
        assert service is not None
        now = timezone.now()
        with database.atomic():
            reason = f"{deployment.release.name} serves with {service.running} of {service.desired} tasks."
            transition(deployment, states.SUCCEEDED, reason=reason)
            Placement.objects.filter(pk=deployment.placement_id).update(
                release=deployment.release,
                task_definition_arn=deployment.task_definition_arn,
                released_at=now,
                running=service.running,
                desired=service.desired,
                health=Placement.Health.HEALTHY,
                observed_at=now,
            )

    def turn_back(self) -> None:
        cause = self._cause()
        ahead = f"{self.before} is coming back." if self.before else "Its tasks are being stopped."
        reason = f"{cause or self._canceled()} {ahead}"
        deadline = timezone.now() + ROLLOUT_LIMIT
        transition(self.deployment, states.ROLLING_BACK, reason=reason, cause=cause, deadline_at=deadline)

    def push_back(self) -> None:
        desired = self.deployment.placement.desired or self.deployment.desired
        update = update_to(self.deployment, self.deployment.previous_task_definition_arn, desired)
        ecs.update_service(self.session, update)

    def stop(self) -> None:
        ecs.scale_service(self.session, self.cluster, self.deployment.placement.ecs_service_name, 0)

    def back(self) -> None:
        deployment = self.deployment
        to, reason = self._end()
        with database.atomic():
            transition(deployment, to, reason=reason)
            if not self.before:
                Placement.objects.filter(pk=deployment.placement_id).update(
                    running=0, desired=0, health=Placement.Health.UNKNOWN
                )

    def give_up(self) -> None:
        cause = WHY[self.why]
        before = f"{self.deployment.cause} " if self.deployment.cause else ""
        reason = f"{before}{cause} Look at what runs, then deploy the release you want, or open a ticket."
        transition(self.deployment, states.FAILED, reason=reason, cause=before + cause)

    def _cause(self) -> str:
        """Why the new release will not do; empty when somebody cancelled it."""
        if self.why is Why.CANCEL:
            return ""
        found = explain(observe.evidence(self.deployment))
        minutes = int(ROLLOUT_LIMIT.total_seconds() // 60)
        return f"It was not ready after {minutes} minutes. {found}" if self.why is Why.OVERDUE else found

    def _canceled(self) -> str:
        return f"Cancelled by {self.deployment.cancel_requested_by}."

    def _end(self) -> tuple[str, str]:
        """The last state and its sentence, now that the old release serves or nothing runs."""
        cause = self.deployment.cause
        stays = f"{self.before} serves as before." if self.before else "No task of it runs."
        if not cause:
            return states.CANCELED, f"{self._canceled()} {stays}"
        if self.before:
            return states.ROLLED_BACK, f"{self.deployment.release.name} was rolled back. {cause} {stays}"
        again = "This was the first deployment, so there is no earlier release to go back to. Correct it, then deploy."
        return states.FAILED, f"{cause} {stays} {again}"


ACTIONS: dict[Move, Callable[[_Rollout], None]] = {
    Move.SUCCEED: _Rollout.succeed,
    Move.TURN_BACK: _Rollout.turn_back,
    Move.PUSH_BACK: _Rollout.push_back,
    Move.STOP: _Rollout.stop,
    Move.BACK: _Rollout.back,
    Move.GIVE_UP: _Rollout.give_up,
}
