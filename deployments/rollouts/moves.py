"""What is done about a rollout, once it is decided.

What is decided is written down before AWS is told, and told again as long as AWS shows otherwise: a worker may die
between the two.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db import transaction as database
from django.utils import timezone

from deployments import states
from deployments.models import Deployment, Placement
from deployments.rollouts import observe
from deployments.rollouts.decision import Decision, Facts, Move, Why
from deployments.rollouts.explain import explain, explain_restarts
from deployments.rollouts.spec import limit_of, update_to
from portal.core.sentences import Sentence
from portal.core.work.state import transition
from provisioning.aws import ecs
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.facts import cluster_of
from provisioning.sessions import ONCE

WHY = {
    Why.GONE: Sentence("rollouts.service_gone"),
    Why.REPLACED: Sentence("rollouts.replaced"),
    Why.STUCK: Sentence("rollouts.stuck"),
}


def after_watch() -> timedelta:
    """How long a release is watched after its success; zero: not at all."""
    return timedelta(seconds=settings.AFTER_WATCH_SECONDS)


class Rollout:
    """A rollout at the moment of a decision, and what can be done with it."""

    def __init__(
        self,
        session: AwsSession,
        deployment: Deployment,
        service: ecs.ServiceState | None,
        facts: Facts,
        decision: Decision,
    ) -> None:
        self.session = replace(session, patience=ONCE)  # a change is waited for longer than a look
        self.deployment, self.service = deployment, service
        self.facts, self.why = facts, decision.why
        self.before = deployment.previous.name if deployment.previous else ""

    def succeed(self) -> None:
        deployment, service = self.deployment, self.service
        primary = service.primary if service else None
        assert primary is not None
        now = timezone.now()
        with database.atomic():
            reason = Sentence(
                "rollouts.serves",
                release=deployment.release.name,
                running=primary.running,
                desired=primary.desired,
            )
            until = now + after_watch() if after_watch() else None
            transition(deployment, states.SUCCEEDED, reason=reason, watched_until=until)
            Placement.objects.filter(pk=deployment.placement_id).update(
                release=deployment.release,
                task_definition_arn=deployment.task_definition_arn,
                released_at=now,
                running=primary.running,
                desired=primary.desired,
                health=Placement.Health.HEALTHY,
                failing_since=None,
                missed=0,
                missed_since=None,
                observed_at=now,
            )

    def turn_back(self) -> None:
        _turn_back(self.deployment, self._cause())

    def push_back(self) -> None:
        """ECS stops what is under way and goes back by itself; what it calls done is replaced by what was before."""
        deployment, record = self.deployment, self.facts.record
        if record is not None and record.is_under_way and self._is_stopped(record.arn):
            return
        assert self.service is not None
        desired = deployment.placement.desired or deployment.desired
        ecs.update_service(
            self.session, update_to(deployment, self.service, deployment.previous_task_definition_arn, desired)
        )

    def _is_stopped(self, record: str) -> bool:
        """Whether ECS was asked to stop; roles from before it could be asked for may not."""
        try:
            ecs.stop_service_deployment(self.session, record)
        except AwsProblem as problem:
            if problem.code != "access_denied":
                raise
            return False
        return True

    def stop(self) -> None:
        deployment = self.deployment
        ecs.scale_service(self.session, cluster_of(deployment.environment), deployment.placement.ecs_service_name, 0)

    def back(self) -> None:
        deployment = self.deployment
        to, reason = self._end()
        with database.atomic():
            transition(deployment, to, reason=reason)
            _restore(deployment)

    def give_up(self) -> None:
        cause, before = WHY[self.why], self.deployment.cause
        if before and not self.deployment.was_canceled:
            cause = Sentence("both", first=before, second=cause)
        transition(self.deployment, states.FAILED, reason=Sentence("rollouts.given_up", cause=cause), cause=cause)

    def _cause(self) -> Sentence:
        """Why the new release will not do."""
        if self.why is Why.CANCEL:
            return Sentence("rollouts.canceled", by=str(self.deployment.cancel_requested_by))
        said = self.facts.record.reason if self.facts.record else ""
        found = explain(observe.evidence(self.deployment, said))
        if self.why is not Why.OVERDUE:
            return found
        minutes = int(limit_of(self.deployment).total_seconds() // 60)
        return Sentence("rollouts.overdue", minutes=minutes, cause=found)

    def _end(self) -> tuple[str, Sentence]:
        """The last state and its sentence, now that the old release serves or nothing runs."""
        cause, before = self.deployment.cause, self.before
        stays = Sentence("rollouts.stays", release=before) if before else Sentence("rollouts.nothing_runs")
        if self.deployment.was_canceled:
            return states.CANCELED, Sentence("rollouts.ended", cause=cause, stays=stays)
        if before:
            release = self.deployment.release.name
            return states.ROLLED_BACK, Sentence("rollouts.rolled_back", release=release, cause=cause, stays=stays)
        return states.FAILED, Sentence("rollouts.first_failed", cause=cause, stays=stays)


def verify(deployment: Deployment) -> None:
    """The watch after success found nothing wrong."""
    _end_watch(deployment, verified_at=timezone.now())


def leave(deployment: Deployment) -> None:
    """The watch after success ends without a verdict: something else runs now, or nothing could be seen for long."""
    _end_watch(deployment)


def _end_watch(deployment: Deployment, **found: object) -> None:
    Deployment.objects.filter(pk=deployment.pk, state=states.SUCCEEDED).update(watched_until=None, **found)


def go_back(deployment: Deployment, restarts: int) -> None:
    """A release whose tasks stop again and again while those before it run still: these are to serve alone."""
    cause = explain_restarts(observe.evidence(deployment, restarts=restarts))
    _turn_back(deployment, cause)


def send_back(deployment: Deployment, restarts: int) -> None:
    """A release that succeeded stops again and again: what served before is wanted, unless somebody asked for another
    deployment this moment, or removes the environment."""
    cause = explain_restarts(observe.evidence(deployment, restarts=restarts))
    try:
        with database.atomic():
            if deployment.environment.held().is_ready:
                _turn_back(deployment, cause, watched_until=None)
            else:
                leave(deployment)
    except IntegrityError:
        leave(deployment)


def _turn_back(deployment: Deployment, cause: Sentence, **fields: Any) -> None:
    before = deployment.previous
    reason = (
        Sentence("rollouts.going_back", cause=cause, release=before.name)
        if before
        else Sentence("rollouts.stopping", cause=cause)
    )
    deadline = timezone.now() + limit_of(deployment)
    transition(deployment, states.ROLLING_BACK, reason=reason, cause=cause, deadline_at=deadline, **fields)


def _restore(deployment: Deployment) -> None:
    """What the placement says serves, after a rollout was taken back: what was before it, or nothing."""
    found = {} if deployment.previous else {"running": 0, "desired": 0, "health": Placement.Health.UNKNOWN}
    Placement.objects.filter(pk=deployment.placement_id).update(
        release=deployment.previous, task_definition_arn=deployment.previous_task_definition_arn, **found
    )


ACTIONS: dict[Move, Callable[[Rollout], None]] = {
    Move.SUCCEED: Rollout.succeed,
    Move.TURN_BACK: Rollout.turn_back,
    Move.PUSH_BACK: Rollout.push_back,
    Move.STOP: Rollout.stop,
    Move.BACK: Rollout.back,
    Move.GIVE_UP: Rollout.give_up,
}
