"""A turn of an environment: what rolls is looked at, what waits is prepared, and when the next turn is due."""

from django.conf import settings

from deployments.models import ClusterWatch
from deployments.rollouts import selectors
from deployments.rollouts.prepare import prepare
from deployments.rollouts.watch import watch
from provisioning.models import Environment
from provisioning.sessions import session_for

CALM = 5  # times as long between two looks when only what has succeeded is watched


def take_turn(turn: ClusterWatch) -> None:
    """Looks and prepares: what is started now is seen at the next look, not before anything can have come of it."""
    environment = Environment.objects.select_related("account", "customer").get(pk=turn.environment_id)
    session = session_for(environment.account, environment.region)
    watch(session, environment)
    prepare(session, environment)


def seconds_to_next(turn: ClusterWatch) -> float | None:
    """When the next turn is due; None when nothing is left to do. Asked after the turn was released: what came during
    it is seen."""
    usual = float(settings.LOOK_SECONDS)
    if selectors.has_any(turn.environment_id, selectors.IS_QUEUED):
        return 0
    if selectors.has_any(turn.environment_id, selectors.IS_ROLLING | selectors.IS_WAITING):
        return usual
    return CALM * usual if selectors.has_any(turn.environment_id, selectors.IS_WATCHED_AFTER) else None
