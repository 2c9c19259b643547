"""Caches in Redis, which may be away, full or silent: whoever asks waits at most a moment, and goes on without it."""

import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 5.0  # between two tries while Redis is away
MOST_KEPT_LOCALLY = 10_000
SESSION_SECONDS = 60
# A connection that Redis has closed is opened anew at once; an answer that did not come is not waited for twice.
RETRY = Retry(NoBackoff(), 1, supported_errors=(Disconnected,))


class Circuit:
    """Whether this process asks Redis at present: after a failure not for some seconds, then one caller tries."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._away = False
        self._next_try = 0.0
        self._lock = threading.Lock()

    def is_closed(self, probe: Callable[[], object]) -> bool:
        """True when Redis is to be asked. `probe` writes: a full Redis still answers to reads."""
        if not self._away:
            return True
        if not self._is_my_turn():
            return False
        try:
            probe()
        except RedisError:
            return False
        self._recovered()
        return True

    def failed(self, error: RedisError) -> None:
        """Redis did not do what it was asked."""
        with self._lock:
            self._next_try = time.monotonic() + PAUSE_SECONDS
            if not self._away:
                log.warning("cache.redis_away", error=f"{type(error).__name__}: {error}")
            self._away = True

    def _is_my_turn(self) -> bool:
        with self._lock:
            if time.monotonic() < self._next_try:
                return False
            self._next_try = time.monotonic() + PAUSE_SECONDS
            return True

    def _recovered(self) -> None:
        with self._lock:
            LocMemCache(self.name, {}).clear()  # what is old by the next time must not be found then
            self._away = False
        log.warning("cache.redis_back")


@cache
def circuit_of(servers: str) -> Circuit:
    """The one of this process for these servers, which all its threads and caches share."""
    return Circuit(f"instead of {servers}")


def _asks(method: str) -> Any:
    def ask(self: "SteadyRedisCache", *args: Any, **kwargs: Any) -> Any:
        return self.ask(method, *args, **kwargs)

    return ask


class SteadyRedisCache(RedisCache):
    """While Redis is away each process has a small cache of its own: locks are given, and counts are kept, in it."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        seconds = settings.REDIS_WAIT_SECONDS
        waits = {"socket_timeout": seconds, "socket_connect_timeout": seconds, "retry": RETRY}
        self._options: dict[str, Any] = {**waits, **params.get("OPTIONS", {})}
        self._circuit = circuit_of(server)
        self._instead = self._fallback(params)

    def _fallback(self, params: dict[str, Any]) -> BaseCache:
        return LocMemCache(self._circuit.name, {**params, "OPTIONS": {"MAX_ENTRIES": MOST_KEPT_LOCALLY}})

    def ask(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Redis's answer, or that of what stands in for it."""
        if self._circuit.is_closed(self._write_something):
            try:
                return getattr(super(), method)(*args, **kwargs)
            except RedisError as error:
                self._circuit.failed(error)
        return getattr(self._instead, method)(*args, **kwargs)

    def _write_something(self) -> None:
        super().set("redis-is-back", 1, 1)

    add = _asks("add")
    get = _asks("get")
    set = _asks("set")
    touch = _asks("touch")
    delete = _asks("delete")
    get_many = _asks("get_many")
    has_key = _asks("has_key")
    incr = _asks("incr")
    set_many = _asks("set_many")
    delete_many = _asks("delete_many")
    clear = _asks("clear")


class SessionCache(SteadyRedisCache):
    """Copies of sessions, which the database has. While Redis is away there is none: a process of its own would go on
    with a session that another one has ended. A copy lives a minute, because nobody can take it back from a Redis that
    does not answer when the session ends."""

    def _fallback(self, params: dict[str, Any]) -> BaseCache:
        return DummyCache("", params)

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int:
        asked = super().get_backend_timeout(timeout)
        return SESSION_SECONDS if asked is None else int(min(asked, SESSION_SECONDS))
