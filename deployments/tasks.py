"""Celery tasks: repositories, the turns of environments' deployments, and the tick that repairs them."""

from contextlib import suppress
from functools import partial

import structlog
from celery import current_app, shared_task
from django.conf import settings

from deployments.availability import asking
from deployments.catalog import repositories
from deployments.models import ClusterWatch, Repository
from deployments.rollouts import refresh, selectors
from deployments.rollouts import turn as rollouts
from portal.core.work.shares import Full, shares
from portal.core.work.steps import run_step
from portal.core.work.turns import broker, take_turn
from provisioning.aws.errors import AwsProblem
from provisioning.models import Environment

log = structlog.get_logger(__name__)


@shared_task(name=Repository.TASK)
def make_repository(pk: int, seq: int) -> None:
    """One try at making a service's image repository."""
    run_step(Repository, pk, seq, repositories.advance)


@shared_task(name=ClusterWatch.TASK)
def watch_cluster(pk: int, seq: int) -> None:
    """One turn at all deployments of an environment, as long as there are any."""
    take_turn(ClusterWatch.objects.all(), pk, seq, rollouts.work, rollouts.seconds_to_next)


@shared_task(name="deployments.refresh_placements")
def refresh_placements(environment_id: int) -> None:
    """Looks at what serves in an environment; a look that fails, or finds its account's share of the worker full, is
    done again at the next tick."""
    environment = Environment.objects.select_related("account").get(pk=environment_id)
    try:
        with suppress(Full), shares.hold(str(environment.account_id)):
            refresh.refresh(environment)
    except AwsProblem as problem:
        log.warning("deployments.not_refreshed", environment=environment_id, problem=problem.sentence)


@shared_task(name="deployments.tick_deployments")
def tick_deployments() -> None:
    """Picks up what no watch looks at, and looks at what serves from time to time."""
    for environment in selectors.unwatched_environments():
        ClusterWatch.of(environment.pk).wake()
    for environment in selectors.unobserved_environments():
        ask = partial(current_app.send_task, refresh_placements.name, (environment.pk,))
        if not broker.hand_over(ask):
            break


@shared_task(name="deployments.ask_addresses")
def ask_addresses(pks: list[int]) -> None:
    """Asks the addresses of some places of one customer. Those of a customer whose addresses hang find their share of
    the worker full, and are asked a moment later; what the next minute finds undone is dropped."""
    try:
        with shares.hold(asking.key_of(pks)) as hold:
            asking.ask(pks, hold)
    except Full as full:
        again = partial(
            current_app.send_task, ask_addresses.name, (pks,), countdown=full.seconds, expires=settings.ASK_SECONDS
        )
        broker.hand_over(again)


@shared_task(name="deployments.tick_availability")
def tick_availability() -> None:
    """Has each public address asked from outside, in short tasks."""
    for batch in asking.batches():
        send = partial(current_app.send_task, ask_addresses.name, (batch,), expires=settings.ASK_SECONDS)
        if not broker.hand_over(send):
            break
