"""A turn of an environment: what rolls is looked at, what waits is prepared, and when the next turn is due."""

import time
from contextlib import suppress

from django.conf import settings

from deployments import states
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
    turn.began = time.monotonic()
    with suppress(*PASSING):
        standing = selectors.followed_states(environment.pk)
        calmly = turn.seq % CALM == 0 or standing == {states.SUCCEEDED}
        watch(session_for(account, region, LOOK), environment, calmly=calmly)
        if standing & states.WAITING and still_mine(turn):
            prepare(session_for(account, region, ONCE), environment)
            turn.began = time.monotonic()


def seconds_to_next(turn: ClusterWatch) -> float | None:
    """When the next turn is due, counted from the last one's beginning, but never without a pause; None when nothing is
    left to do. Asked after the turn was released: what came during it is seen."""
    standing = selectors.followed_states(turn.environment_id)
    if not standing:
        return None
    if states.QUEUED in standing and states.PREPARING not in standing:  # what is being prepared waits for AWS
        return 0
    usual: float = settings.LOOK_SECONDS * (1 if standing - {states.SUCCEEDED} else CALM)
    return max(usual / 2, turn.began + usual - time.monotonic())
