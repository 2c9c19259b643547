"""The caches while Redis is away, silent or full."""

import time

import pytest
from django.core.cache.backends.redis import RedisCache

from portal.core import caching
from portal.core.caching import SessionCache, SteadyRedisCache
from tests.conftest import free_port
from tests.outages import EVERY_OUTAGE, running, silent


@EVERY_OUTAGE
def test_a_lock_is_given_to_one_and_again_when_it_is_returned(outage):
    with outage() as url:
        cache = SteadyRedisCache(url, {})

        assert [cache.add("lock", 1), cache.add("lock", 1)] == [True, False]
        assert (cache.delete("lock"), cache.add("lock", 1)) == (True, True)


@EVERY_OUTAGE
def test_counts_go_on_in_all_threads_of_a_process(outage):
    with outage() as url:
        one, other = SteadyRedisCache(url, {}), SteadyRedisCache(url, {})
        one.add("tries", 0)

        assert [one.incr("tries"), other.incr("tries", 2), one.get("tries")] == [1, 3, 3]


@EVERY_OUTAGE
def test_whatever_is_asked_is_answered_as_an_empty_cache_would(outage):
    with outage() as url:
        cache = SteadyRedisCache(url, {})

        assert (cache.get("key", "instead"), "key" in cache, cache.get_many(["key"])) == ("instead", False, {})
        assert (cache.set_many({"a": 1}), cache.touch("a"), cache.get_or_set("b", 2)) == ([], True, 2)
        cache.delete_many(["a"])
        cache.clear()
        assert cache.get_many(["a", "b"]) == {}


def test_what_was_not_added_cannot_be_counted():
    with silent() as url, pytest.raises(ValueError, match="tries"):
        SteadyRedisCache(url, {}).incr("tries")


def test_a_silent_redis_is_waited_for_once_not_at_every_call():
    with silent() as url:
        cache, sessions = SteadyRedisCache(url, {}), SessionCache(url, {})
        started = time.monotonic()
        for number in range(50):
            cache.set(f"key-{number}", number)
            sessions.set(f"key-{number}", number)

        assert time.monotonic() - started < 2
        assert cache.get("key-49") == 49


def test_it_is_asked_again_after_a_pause(monkeypatch):
    monkeypatch.setattr(caching, "PAUSE_SECONDS", 0.5)
    with silent() as url:
        cache = SteadyRedisCache(url, {"OPTIONS": {"socket_timeout": 0.1}})
        waits = []
        for _ in range(3):
            started = time.monotonic()
            cache.get("key")
            cache.get("key")
            waits.append(time.monotonic() - started)
            time.sleep(0.6)

    assert all(wait >= 0.1 for wait in waits)


@pytest.mark.redis
def test_when_redis_is_back_it_is_used_and_what_was_kept_instead_is_forgotten(monkeypatch):
    monkeypatch.setattr(caching, "PAUSE_SECONDS", 0)
    port = free_port()
    cache = SteadyRedisCache(f"redis://127.0.0.1:{port}/0", {})
    cache.set("key", "kept instead")
    with running(port=port) as url:
        found = cache.get("key")
        cache.set("key", "in Redis")
        in_redis = RedisCache(url, {}).get("key")

    assert (found, in_redis) == (None, "in Redis")
    assert cache.get("key") is None


@pytest.mark.redis
def test_a_redis_that_was_restarted_between_two_calls_is_used_at_once():
    port = free_port()
    cache = SteadyRedisCache(f"redis://127.0.0.1:{port}/0", {})
    with running(port=port):
        cache.set("key", "before")
    with running(port=port) as url:
        cache.set("key", "after")

        assert RedisCache(url, {}).get("key") == "after"


@pytest.mark.redis
def test_a_full_redis_does_not_count_as_back_because_it_answers_to_reads(monkeypatch):
    with running("--maxmemory", "1") as url:
        cache = SteadyRedisCache(url, {})
        cache.add("tries", 0)
        monkeypatch.setattr(caching, "PAUSE_SECONDS", 0)

        assert [cache.incr("tries"), cache.get("tries"), cache.incr("tries")] == [1, 1, 2]


@EVERY_OUTAGE
def test_no_process_keeps_sessions_of_its_own(outage):
    with outage() as url:
        sessions = SessionCache(url, {})
        sessions.set("key", "value")

        assert (sessions.get("key"), "key" in sessions, sessions.add("key", "value")) == (None, False, True)


@pytest.mark.redis
@pytest.mark.parametrize(("asked", "given"), [(12 * 3600, 60), (None, 60), (5, 5)])
def test_a_copy_of_a_session_lives_a_minute_at_most(asked, given):
    with running() as url:
        sessions = SessionCache(url, {})
        sessions.set("key", "value", asked)

        client = sessions._cache.get_client()
        assert given - 1 <= client.ttl(sessions.make_key("key")) <= given
