"""The queues in these tests: Redis is away unless a test asks for it."""

import subprocess
import time

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway

from tests.conftest import free_port


@pytest.fixture(autouse=True)
def redis_away(settings):
    """Nothing listens at the queue's address, so that no test puts a job in anybody's real queue."""
    _queue_at(settings, free_port())


@pytest.fixture
def redis_queue(redis_away, settings, tmp_path):
    """A Redis server of the test's own."""
    port = _queue_at(settings, free_port())
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield _answering(Redis(port=port))
    finally:
        server.terminate()
        server.wait()


def _queue_at(settings, port: int) -> int:
    settings.RQ_QUEUES = {name: {"URL": f"redis://127.0.0.1:{port}/0"} for name in ("mail", "documents")}
    return port


def _answering(redis: Redis) -> Redis:
    for _ in range(100):
        try:
            redis.ping()
            return redis
        except RedisAway:
            time.sleep(0.05)
    raise RuntimeError("Redis did not start.")
