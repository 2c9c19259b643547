"""What comes before a rollout: all deployments of an environment that wait are prepared together, stage by stage.

What AWS answers for many at once is asked once. Every stage may be done again when it was cut off: what it makes at AWS
is found by its name, and the rolling update is not started a second time, because the ECS deployment that served before
it is written down first.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction as database
from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from deployments import states
from deployments.models import Deployment, Service
from deployments.rollouts import overlap, routes, rules, selectors
from deployments.rollouts.batch import Batch
from deployments.rollouts.routes import Unready
from deployments.rollouts.spec import limit_of, service_spec, snapshot, task_spec, update_to
from portal.core.caller import on_behalf_of
from portal.core.sentences import NOTHING, Sentence
from portal.core.work.state import transition
from portal.core.work.steps import ending_errored, keep, note_problem
from provisioning.aws import ecr, ecs
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.facts import cluster_of
from provisioning.models import Environment
from provisioning.sessions import session_for

UNSEEN = timedelta(minutes=1)
AT_ONCE = 50  # deployments that one turn prepares; the next one goes on


def prepare(session: AwsSession, environment: Environment) -> None:
    """Takes every deployment that waits as far as it gets."""
    batch = Batch(session, environment, _claimed(environment))
    for stage, (_, step) in enumerate(STAGES):
        ready = [each for each in batch.at(stage) if _goes_on(batch, each, stage)]
        if ready:
            step(batch, ready)


def _claimed(environment: Environment) -> list[Deployment]:
    """Those that wait. A turn that this one overtook can write nothing to them any more."""
    found = list(selectors.waiting(environment)[:AT_ONCE])
    rows = Deployment.objects.filter(pk__in=[each.pk for each in found], state__in=states.WAITING)
    rows.update(seq=F("seq") + 1, heartbeat_at=timezone.now())
    for each in found:  # one that has moved since it was read can be moved by nobody who read it before
        each.seq += 1
    return found


def _goes_on(batch: Batch, deployment: Deployment, stage: int) -> bool:
    """Whether it is wanted still. Once the update may have been started, only a look can take it back."""
    if deployment.cancel_requested_by is not None and stage < len(STAGES) - 1:
        batch.deployments.remove(deployment)
        with ending_errored(deployment):
            _cancel(deployment)
        return False
    if deployment.state == states.QUEUED:
        with batch.attending(deployment):
            transition(deployment, states.PREPARING, reason=Sentence("rollouts.preparing"))
    return deployment in batch.deployments


def _cancel(deployment: Deployment) -> None:
    reason = Sentence("rollouts.canceled_early", by=str(deployment.cancel_requested_by))
    assert deployment.cancel_requested_by is not None
    transition(deployment, states.CANCELED, reason=reason, caller=on_behalf_of(deployment.cancel_requested_by))


def _done(deployment: Deployment, **fields: Any) -> None:
    """Notes that the present stage is done, with what it found."""
    keep(deployment, prepared=[*deployment.prepared, timezone.now().isoformat()], **fields)
    note_problem(deployment, NOTHING)


def find_images(batch: Batch, deployments: Sequence[Deployment]) -> None:
    """Each digest must still be in its repository, in the account and region that hold the service's images."""
    for deployment in deployments:
        with batch.attending(deployment):
            service = deployment.service
            images = session_for(service.account, service.region)
            if not ecr.image_exists(images, service.repository.name, deployment.release.digest):
                raise Unready(rules.image_gone(deployment.release.name, service.repository.name))
            _done(deployment)


def balance(batch: Batch, deployments: Sequence[Deployment]) -> None:
    """The target groups and rules of public services, as their settings are now."""
    public = [each for each in deployments if each.service.exposure == Service.Exposure.PUBLIC]
    placements = [each.placement for each in public]
    problems = batch.ask(public, lambda: routes.apply(batch.session, batch.environment, placements)) or {}
    batch.refuse({each: problems[each.placement_id] for each in public if each.placement_id in problems})
    for deployment in [each for each in deployments if each in batch.deployments]:
        with batch.attending(deployment):
            _done(deployment)


def describe(batch: Batch, deployments: Sequence[Deployment]) -> None:
    """The task definitions of this moment."""
    for deployment in deployments:
        with batch.attending(deployment):
            known = deployment.seq > 1 or selectors.was_described(deployment)
            arn = ecs.register_task_definition(batch.session, task_spec(deployment), may_be_known=known)
            _done(deployment, task_definition_arn=arn, settings=snapshot(deployment.service))


def ensure_services(batch: Batch, deployments: Sequence[Deployment]) -> None:
    """The ECS services, made without tasks when they are new; and what serves now, before anything changes. Where old
    tasks are to stay for a while, they are protected before the update could stop them."""
    found = _look(batch, deployments)
    if found is None:
        return
    for deployment in deployments:
        with batch.attending(deployment):
            name = deployment.service.name
            state = ecs.ensure_service(batch.session, service_spec(deployment), found.get(name))
            _keep_name(deployment, state.name)
            before = state.primary.id if state.primary else ""
            _done(
                deployment,
                ecs_deployment_before=before,
                service_deployment_before=state.service_deployment_arn,
                kept=overlap.protect(batch.session, deployment, state),
            )
            batch.services[name] = state


def _look(batch: Batch, deployments: Sequence[Deployment]) -> dict[str, ecs.ServiceState] | None:
    names = [each.service.name for each in deployments]
    cluster = cluster_of(batch.environment)
    return batch.ask(deployments, lambda: ecs.describe_services(batch.session, cluster, names))


def _keep_name(deployment: Deployment, name: str) -> None:
    placement = deployment.placement
    if placement.ecs_service_name != name:
        placement.ecs_service_name = name
        placement.save(update_fields=["ecs_service_name"])


def start(batch: Batch, deployments: Sequence[Deployment]) -> None:
    """Starts the rolling updates, unless an earlier turn has done so before it was cut off."""
    unseen = [each for each in deployments if each.service.name not in batch.services]
    found = _look(batch, unseen) if unseen else {}
    if found is None:
        return
    seen = batch.services | found
    for deployment in deployments:
        with batch.attending(deployment):
            _start(batch.session, deployment, seen.get(deployment.service.name))


def _start(session: AwsSession, deployment: Deployment, state: ecs.ServiceState | None) -> None:
    if state is None:
        raise _unseen(deployment)
    if state.primary is None or state.primary.id == deployment.ecs_deployment_before:
        if deployment.cancel_requested_by is not None:
            overlap.release(session, deployment)
            _cancel(deployment)
            return
        update = update_to(deployment, state, deployment.task_definition_arn, deployment.desired)
        state = ecs.update_service(session, update)
    record = state.service_deployment_arn
    with database.atomic():
        _done(
            deployment,
            ecs_deployment=state.primary.id if state.primary else "",
            service_deployment="" if record == deployment.service_deployment_before else record,
        )
        transition(
            deployment,
            states.ROLLING,
            reason=_how(deployment),
            deadline_at=timezone.now() + limit_of(deployment),
        )


def _how(deployment: Deployment) -> Sentence:
    if deployment.previous is None:
        return Sentence("rollouts.first_tasks")
    if deployment.kept:
        seconds = int(overlap.overlap_of(deployment).total_seconds())
        return Sentence("rollouts.overlapping", seconds=seconds)
    return Sentence("rollouts.taking_over")


def _unseen(deployment: Deployment) -> Exception:
    """ECS may not show for a moment what was made, or found, in the stage before."""
    found_at = datetime.fromisoformat(deployment.prepared[-1])
    if timezone.now() - found_at < UNSEEN:
        return AwsProblem("not_yet", "roll out the new version", sentence=Sentence("rollouts.service_unseen"))
    return Unready(Sentence("rollouts.service_gone_early"))


Stage = Callable[[Batch, Sequence[Deployment]], None]
STAGES: tuple[tuple[Promise, Stage], ...] = (
    (gettext_lazy("Image found"), find_images),
    (gettext_lazy("Load balancer prepared"), balance),
    (gettext_lazy("New version described"), describe),
    (gettext_lazy("Service ready"), ensure_services),
    (gettext_lazy("Rolling update started"), start),
)
