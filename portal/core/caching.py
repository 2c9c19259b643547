"""The cache in Redis, which may be away: pages go on without it."""

from contextlib import suppress
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError


class ForgetfulRedisCache(RedisCache):
    """While Redis is away nothing is found, nothing is kept, and a count starts anew each time."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        with suppress(RedisError):
            return super().get(key, default, version)
        return default

    def has_key(self, key: Any, version: int | None = None) -> bool:
        with suppress(RedisError):
            return super().has_key(key, version)
        return False

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        with suppress(RedisError):
            super().set(key, value, timeout, version)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        with suppress(RedisError):
            return super().add(key, value, timeout, version)
        return False

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        with suppress(RedisError):
            return super().incr(key, delta, version)
        return delta

    def delete(self, key: Any, version: int | None = None) -> bool:
        with suppress(RedisError):
            return super().delete(key, version)
        return False
