"""A turn of an environment: what rolls is looked at, what waits is prepared, and when the next turn is due."""

from contextlib import suppress

from django.conf import settings

from deployments.models import ClusterWatch
from deployments.rollouts import selectors
from deployments.rollouts.prepare import prepare
from deployments.rollouts.watch import watch
from portal.core.work.steps import PASSING
from portal.core.work.turns import still_mine
from provisioning.models import Environment
from provisioning.sessions import LOOK, ONCE, session_for

CALM = 5  # times as long between two looks when only what has succeeded is watched


def work(turn: ClusterWatch) -> None:
    """Looks and prepares: what is started now is seen at the next look, not before anything can have come of it. A turn
    that is cut off is followed by the next one."""
    environment = Environment.objects.select_related("account", "customer").get(pk=turn.environment_id)
    account, region = environment.account, environment.region
    with suppress(*PASSING):
        watch(session_for(account, region, LOOK), environment)
        if still_mine(turn):
            prepare(session_for(account, region, ONCE), environment)


def seconds_to_next(turn: ClusterWatch) -> float | None:
    """When the next turn is due; None when nothing is left to do. Asked after the turn was released: what came during
    it is seen."""
    usual = float(settings.LOOK_SECONDS)
    if selectors.has_any(turn.environment_id, selectors.IS_QUEUED):
        return 0
    if selectors.has_any(turn.environment_id, selectors.IS_ROLLING | selectors.IS_WAITING):
        return usual
    return CALM * usual if selectors.has_any(turn.environment_id, selectors.IS_WATCHED_AFTER) else None
