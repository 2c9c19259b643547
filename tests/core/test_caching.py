"""The cache while Redis is away."""

import pytest

from portal.core.caching import ForgetfulRedisCache
from tests.conftest import free_port


@pytest.fixture
def cache() -> ForgetfulRedisCache:
    """In a Redis that does not answer."""
    return ForgetfulRedisCache(f"redis://127.0.0.1:{free_port()}/0", {})


def test_nothing_is_found_in_it(cache):
    assert (cache.get("key"), cache.get("key", "instead"), "key" in cache) == (None, "instead", False)


def test_nothing_is_kept_in_it(cache):
    cache.set("key", "value")

    assert (cache.add("key", "value"), cache.delete("key"), cache.get("key")) == (False, False, None)


def test_a_count_starts_anew_each_time(cache):
    assert [cache.incr("tries"), cache.incr("tries", 2)] == [1, 2]
