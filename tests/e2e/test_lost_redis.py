"""Redis dies, hangs, and comes back empty: pages go on meanwhile, and what was under way is finished afterwards."""

import time
from collections.abc import Callable, Iterator

import pytest
import redis
import requests
from celery import Celery

from deployments import states
from deployments.models import Deployment
from tests.e2e.conftest import EITHER_DATABASE
from tests.e2e.olivia import EMAIL, PASSWORD, Olivia, arrived, moves, until
from tests.e2e.stack import Stack
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.redis, pytest.mark.localaws, pytest.mark.xdist_group("e2e"), EITHER_DATABASE]

SECONDS = 3  # for any page
AWAY = 5  # seconds; a worker that ends does so within two


@pytest.fixture(autouse=True)
def said(stack: Stack) -> Iterator[list[str]]:
    """What ends by itself is started again; the lines about it."""
    with stack.kept_running() as lines:
        yield lines


def test_a_rollout_is_finished_when_redis_is_back_with_nothing_in_it(olivia: Olivia):
    service = olivia.register()
    arrived(olivia.deploy(service, "v1"), states.SUCCEEDED)
    updates = olivia.stack.gate.done["UpdateService"]
    loss = olivia.stack.gate.at("UpdateService", lambda: olivia.stack.kill("redis"))
    deployment = olivia.deploy(service, "v2")
    assert loss.happened.wait(60)

    while_away = olivia.browser.open(deployment.get_absolute_url())
    olivia.stack.start_redis()
    arrived(deployment, states.SUCCEEDED)

    assert while_away.status_code == 200
    assert moves(deployment) == ["preparing", "rolling", "succeeded"]
    assert olivia.stack.gate.done["UpdateService"] - updates == 1


def test_a_rollout_asked_for_while_redis_is_away_happens_when_it_is_back(olivia: Olivia):
    service = olivia.register()
    olivia.environment()
    olivia.stack.kill("redis")
    try:
        deployment = olivia.deploy(service, "v1")
        asked = deployment.state
    finally:
        olivia.stack.start_redis()
    arrived(deployment, states.SUCCEEDED)

    assert asked == states.QUEUED
    assert moves(deployment) == ["preparing", "rolling", "succeeded"]


def test_the_worker_lives_or_is_brought_back_and_does_its_work_again(olivia: Olivia, said: list[str]):
    service = olivia.register()
    olivia.environment()
    hand_over_for_later(olivia.stack)
    olivia.stack.kill("redis")
    time.sleep(AWAY)
    olivia.stack.start_redis()
    deployment = arrived(olivia.deploy(service, "v1"), states.SUCCEEDED)

    assert moves(deployment) == ["preparing", "rolling", "succeeded"]
    worker = olivia.stack.last("worker").name
    assert {line.partition(";")[0] for line in said} <= {f"{worker} ended with code 1"}


def test_a_redis_that_hangs_holds_no_page_and_no_button(olivia: Olivia):
    service = olivia.register()
    digest = olivia.push(service, "v1")
    environment, form = olivia.environment(), f"{olivia.home}/services/{service.name}/deploy/"
    stranger = Visitor(olivia.stack.url)
    with redis.Redis(port=olivia.stack.redis_port) as client:
        client.execute_command("CLIENT PAUSE", 12_000, "ALL")
    started = time.monotonic()
    waits = [
        seconds_of(lambda: olivia.browser.open(f"{olivia.home}/")),
        seconds_of(lambda: stranger.log_in(EMAIL, PASSWORD)),
        seconds_of(lambda: olivia.browser.fill(form, image=digest, environment=environment.slug, note="hung")),
        seconds_of(lambda: olivia.browser.open(f"{olivia.home}/deployments/")),
    ]
    assert time.monotonic() - started < 12

    deployment = Deployment.objects.get(service=service, note="hung")
    arrived(deployment, states.SUCCEEDED)
    assert max(waits) < SECONDS, waits
    assert "/account/login/" not in stranger.open(f"{olivia.home}/").url


def hand_over_for_later(stack: Stack) -> None:
    """Waits until the worker holds messages whose time has not come; with those in hand Celery ends when Redis does."""
    app = Celery(broker=f"redis://127.0.0.1:{stack.redis_port}/0", set_as_current=False)
    with redis.Redis(port=stack.redis_port) as client, app.connection_for_write() as connection:
        held = client.hlen("unacked")
        for _ in range(3):
            app.send_task("deployments.tick_deployments", countdown=120, connection=connection)
        until(lambda: client.hlen("unacked") >= held + 3)


def seconds_of(act: Callable[[], requests.Response]) -> float:
    started = time.monotonic()
    assert act().status_code == 200
    return time.monotonic() - started
