"""Celery tasks: repositories, the steps of deployments, the watch of clusters, and the tick that repairs them."""

from contextlib import suppress
from datetime import timedelta

import structlog
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from deployments import states
from deployments.catalog import selectors as catalog
from deployments.catalog import services as catalog_services
from deployments.models import Deployment, Service
from deployments.rollouts import prepare, refresh, selectors, services, watch
from portal.core.work import enqueue, pick_up, run_step, stale
from provisioning.aws.errors import AwsProblem
from provisioning.models import Environment

log = structlog.get_logger(__name__)


def start(deployment: Deployment) -> None:
    """Sends a queued deployment's first step to a worker, on commit."""
    enqueue(advance_deployment, deployment)


def start_repository(service: Service) -> None:
    """Has the service's image repository made, on commit."""
    _send(ensure_repository, (service.pk,))


def start_watch(environment_id: int, seconds: float = 0) -> None:
    """Sends the next look at an environment's rollouts to a worker; needless ones do nothing."""
    _send(watch_cluster, (environment_id, services.watch_of(environment_id).seq), seconds)


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


@shared_task(name="deployments.advance_deployment")
def advance_deployment(pk: int, seq: int) -> None:
    """One step of a deployment that is being prepared; once it rolls, the environment's watcher follows it."""
    deployment = Deployment.objects.get(pk=pk)
    if deployment.state in states.STEPPED:
        run_step(advance_deployment, Deployment, pk, seq, prepare.advance)
    elif deployment.state in states.WATCHED:
        start_watch(deployment.environment_id)


@shared_task(name="deployments.watch_cluster")
def watch_cluster(environment_id: int, seq: int) -> None:
    """One look at all rollouts of an environment, as long as there are any."""
    if not services.claim_watch(environment_id, seq):
        return
    # A look that takes too long is cut off; the next one begins with the rollouts that this one did not reach.
    with suppress(SoftTimeLimitExceeded):
        watch.watch(Environment.objects.select_related("account", "customer").get(pk=environment_id))
    if Deployment.objects.filter(environment=environment_id, state__in=states.WATCHED).exists():
        start_watch(environment_id, settings.POLL_SECONDS)


@shared_task(name="deployments.refresh_placements")
def refresh_placements(environment_id: int) -> None:
    """Looks at what serves in an environment; a look that fails is done again at the next tick."""
    try:
        refresh.refresh(Environment.objects.select_related("account").get(pk=environment_id))
    except AwsProblem as problem:
        log.warning("deployments.not_refreshed", environment=environment_id, problem=problem.sentence)


@shared_task(name="deployments.tick_deployments")
def tick_deployments() -> None:
    """Picks up what no worker owns: killed workers, a lost broker, repositories that could not be made yet."""
    pick_up(advance_deployment, stale(Deployment).filter(state__in=states.STEPPED))
    for environment in selectors.unwatched_environments():
        start_watch(environment.pk)
    for service in catalog.without_repository(tried_before=timezone.now() - timedelta(minutes=1)):
        start_repository(service)
    for environment in selectors.unobserved_environments():
        _send(refresh_placements, (environment.pk,))
