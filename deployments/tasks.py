"""Celery tasks: repositories, the steps of deployments, the watch of clusters, and the tick that repairs them."""

from contextlib import suppress
from functools import partial

import structlog
from celery import current_app, shared_task
from django.conf import settings

from deployments import states
from deployments.catalog import repositories
from deployments.models import ClusterWatch, Deployment, Repository
from deployments.rollouts import prepare, refresh, selectors, watch
from deployments.rollouts.watches import watch_of
from portal.core.work.steps import PASSING, run_step
from portal.core.work.turns import broker, claim
from provisioning.aws.errors import AwsProblem
from provisioning.models import Environment

log = structlog.get_logger(__name__)


@shared_task(name=Repository.TASK)
def make_repository(pk: int, seq: int) -> None:
    """One try at making a service's image repository."""
    run_step(Repository, pk, seq, repositories.advance)


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
    """Picks up what no watch looks at, and looks at what serves from time to time."""
    for environment in selectors.unwatched_environments():
        watch_of(environment.pk).wake()
    for environment in selectors.unobserved_environments():
        ask = partial(current_app.send_task, refresh_placements.name, (environment.pk,))
        if not broker.hand_over(ask):
            break
