"""The ticks of what every app shares: work that no worker owns, and what waits to leave the house."""

from celery import shared_task

from portal.core import outbox
from portal.core.work.steps import kinds, pick_up


@shared_task(name="core.tick_work")
def tick_work() -> None:
    """Sends the next step of every piece of work that no worker has touched for a while."""
    for kind in kinds():
        pick_up(kind)


@shared_task(name="core.tick_outbox")
def tick_outbox() -> None:
    """Hands over again what is due, and forgets what was done long ago."""
    outbox.hand_over_due()
    outbox.forget_done()
