"""Celery tasks: repositories, the steps of deployments, the watch of clusters, and the tick that repairs them."""

from contextlib import suppress
from datetime import timedelta

import structlog
from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from deployments import states
from deployments.catalog import selectors as catalog
from deployments.catalog import services as catalog_services
from deployments.models import ClusterWatch, Deployment, Service
from deployments.rollouts import prepare, refresh, selectors, watch
from deployments.rollouts.watches import watch_of
from portal.core.work.steps import PASSING, run_step
from portal.core.work.turns import claim
from provisioning.aws.errors import AwsProblem
from provisioning.models import Environment

log = structlog.get_logger(__name__)


def start_repository(service: Service) -> None:
    """Has the service's image repository made, on commit."""
    _send(ensure_repository, (service.pk,))


def _send(task: object, arguments: tuple[int, ...], seconds: float = 0) -> None:
    """On commit. A lost broker is no error: the tick repairs it."""

    def send() -> None:
        try:
            task.apply_async(arguments, countdown=seconds)  # type: ignore[attr-defined]
        except OperationalError as error:
            log.warning("deployments.broker_unreachable", error=str(error))

    transaction.on_commit(send)


@shared_task(name="deployments.ensure_repository")
def ensure_repository(service_id: int) -> None:
    """Makes a service's image repository; what fails is said on its page and tried again by the tick."""
    catalog_services.ensure_repository(Service.objects.select_related("account", "customer").get(pk=service_id))


@shared_task(name=Deployment.TASK)
def advance_deployment(pk: int, seq: int) -> None:
    """One step of a deployment that is being prepared; once it rolls, the environment's watch follows it."""
    run_step(Deployment, pk, seq, prepare.advance)


@shared_task(name=ClusterWatch.TASK)
def watch_cluster(pk: int, seq: int) -> None:
    """One look at all rollouts of an environment, as long as there are any."""
    turn = claim(ClusterWatch.objects.all(), pk, seq)
    if turn is None:
        return
    # A look that takes too long is cut off; the next one begins with the rollouts that this one did not reach.
    with suppress(*PASSING):
        watch.watch(Environment.objects.select_related("account", "customer").get(pk=turn.environment_id))
    if Deployment.objects.filter(environment=turn.environment_id, state__in=states.WATCHED).exists():
        turn.wake(settings.POLL_SECONDS)


@shared_task(name="deployments.refresh_placements")
def refresh_placements(environment_id: int) -> None:
    """Looks at what serves in an environment; a look that fails is done again at the next tick."""
    try:
        refresh.refresh(Environment.objects.select_related("account").get(pk=environment_id))
    except AwsProblem as problem:
        log.warning("deployments.not_refreshed", environment=environment_id, problem=problem.sentence)


@shared_task(name="deployments.tick_deployments")
def tick_deployments() -> None:
    """Picks up what no watch looks at, and repositories that could not be made yet."""
    for environment in selectors.unwatched_environments():
        watch_of(environment.pk).wake()
    for service in catalog.without_repository(tried_before=timezone.now() - timedelta(minutes=1)):
        start_repository(service)
    for environment in selectors.unobserved_environments():
        _send(refresh_placements, (environment.pk,))
