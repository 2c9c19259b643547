"""Handing something over to a queue that may be away. What is not taken is handed over again by a tick."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
AWAY = (OperationalError, RedisError, OSError)
PAUSE_SECONDS = 5.0


@dataclass
class Door:
    """The way to a queue. One that did not answer is not asked again for PAUSE_SECONDS: a page with many things to hand
    over waits for one timeout, not for each of them."""

    name: str
    _closed_until: float = field(default=0.0, repr=False)

    def hand_over(self, send: Callable[[], object]) -> bool:
        """Whether the queue took it."""
        if time.monotonic() < self._closed_until:
            return False
        try:
            send()
        except AWAY as error:
            self._closed_until = time.monotonic() + PAUSE_SECONDS
            log.warning("handover.queue_away", queue=self.name, error=str(error))
            return False
        return True

    def open(self) -> None:
        """Forgets that it was away."""
        self._closed_until = 0.0
