"""Asking for deployments, rollbacks and cancellations."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from deployments import states
from deployments.models import Deployment, Placement, Release, Service
from deployments.rollouts import observe, preflight, rules, selectors
from deployments.rollouts.names import release_name
from portal.accounts.permissions import Can, require
from portal.core import audit
from portal.core.caller import Caller
from portal.core.errors import Busy, IllegalMove, UserError
from portal.core.sentences import Sentence
from portal.core.work.steps import begin
from provisioning.aws.ecr import PushedImage
from provisioning.models import Environment

MOST_OF_TAG = 119  # characters, so that a digest fits behind
VIEWED_AGAIN = timedelta(seconds=5)  # a page that stays open is noted so often


def release_of(service: Service, image: PushedImage) -> Release:
    """The release of that image: one per digest, made when it is first chosen."""
    release, _made = Release.objects.get_or_create(
        service=service,
        digest=image.digest,
        defaults={
            "customer": service.customer,
            "tag": _name_of(service, image),
            "pushed_at": image.pushed_at,
        },
    )
    return release


def _name_of(service: Service, image: PushedImage) -> str:
    """Its most telling tag; with the beginning of the digest where an earlier release has that tag: it was moved."""
    tag = release_name(image.tags)
    taken = bool(tag) and selectors.has_moved(service, [tag], image.digest)
    return f"{tag[:MOST_OF_TAG]} {image.digest[7:15]}" if taken else tag


def deploy_image(
    service: Service, environment: Environment, digest: str, caller: Caller, *, note: str = ""
) -> Deployment:
    """As `request_deployment`, for an image that may be new to the portal; AWS is asked for it once. Raises Invalid too
    for what is no digest, UserError when there is no such image."""
    require(caller, Can.DEPLOY, service.customer, environment)
    rules.image_problems(digest).refuse()
    preflight.repository(service).refuse()
    sight = preflight.look(service, digest)
    release = Release.objects.filter(service=service, digest=digest).first() or _new_release(service, sight)
    return request_deployment(service, environment, release, caller, note=note, sight=sight)


def _new_release(service: Service, sight: preflight.Sight) -> Release:
    if sight.problem:
        raise UserError(str(sight.problem.sentence)) from sight.problem
    if sight.image is None:
        raise UserError(
            _("This image is not in %(repository)s any more. Push it again, or choose another.")
            % {"repository": service.repository.name}
        )
    return release_of(service, sight.image)


def request_deployment(
    service: Service,
    environment: Environment,
    release: Release,
    caller: Caller,
    *,
    note: str = "",
    kind: str = Deployment.Kind.DEPLOY,
    sight: preflight.Sight | None = None,
) -> Deployment:
    """A queued deployment. Raises Invalid for what nobody can ask, UserError when it cannot be now, Busy when another
    rollout is under way. `sight`: what a look at the image has just shown."""
    require(caller, Can.DEPLOY, service.customer, environment)
    rules.request_problems(service, environment, release, note).refuse()
    seen = preflight.refuse(service, environment, release, sight)
    deployment = Deployment(
        customer=service.customer,
        service=service,
        environment=environment,
        release=release,
        kind=kind,
        note=note,
        requested_by_id=caller.asker_id,
        desired=service.count,
        state=states.QUEUED,
        reason=Sentence("rollouts.waiting"),
        prepared=[timezone.now().isoformat()] if seen else [],  # the first stage is to find the image
    )
    try:
        with transaction.atomic():
            _queue(deployment, caller)
    except IntegrityError as error:
        raise Busy(preflight.under_way(service, environment).problem) from error
    return deployment


def _queue(deployment: Deployment, caller: Caller) -> None:
    preflight.readiness(deployment.environment.held()).refuse()
    placement, _made = Placement.objects.select_for_update().get_or_create(
        service=deployment.service,
        environment=deployment.environment,
        defaults={"customer": deployment.customer},
    )
    deployment.placement = placement
    deployment.previous = placement.release
    deployment.previous_task_definition_arn = placement.task_definition_arn
    begin(deployment)
    Placement.objects.filter(pk=placement.pk).update(latest=deployment)
    audit.record(
        "deployment.requested",
        deployment,
        caller=caller,
        after={"release": deployment.release.digest, "kind": deployment.kind, "note": deployment.note},
    )


def note_viewed(deployment: Deployment) -> None:
    """Somebody has the page open: the next looks go into its tasks and targets."""
    if deployment.is_followed and not observe.is_viewed(deployment, VIEWED_AGAIN):
        Deployment.objects.filter(pk=deployment.pk).update(viewed_at=timezone.now())


def is_cancelable(deployment: Deployment) -> bool:
    return deployment.state in states.CANCELABLE and deployment.cancel_requested_by is None


def request_cancel(deployment: Deployment, caller: Caller) -> None:
    """Asks for a stop, which the next step or look does. Raises IllegalMove when it is too late."""
    require(caller, Can.DEPLOY, deployment.customer, deployment.environment)
    going = Deployment.objects.filter(pk=deployment.pk, state__in=states.CANCELABLE, cancel_requested_by=None)
    with transaction.atomic():
        if not going.update(cancel_requested_by_id=caller.asker_id):
            raise IllegalMove(_("This deployment is over, or being stopped already: there is nothing left to cancel."))
        audit.record("deployment.cancel_requested", deployment, caller=caller)
        deployment.wake()
    deployment.cancel_requested_by_id = caller.person_id
