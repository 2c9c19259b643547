"""Redis dies and comes back empty: pages go on meanwhile, and what was under way is finished afterwards."""

import pytest

from deployments import states
from deployments.models import Deployment
from tests.e2e.conftest import EITHER_DATABASE
from tests.e2e.olivia import Olivia, arrived, moves, until

pytestmark = [pytest.mark.redis, pytest.mark.localaws, pytest.mark.xdist_group("e2e"), EITHER_DATABASE]


def finish(olivia: Olivia, deployment: Deployment) -> None:
    """Waits until the release serves, while workers are supervised as in production."""

    def done() -> bool:
        olivia.stack.supervise()
        deployment.refresh_from_db()
        return deployment.state == states.SUCCEEDED

    until(done)


def test_a_rollout_is_finished_when_redis_is_back_with_nothing_in_it(olivia: Olivia):
    service = olivia.register()
    arrived(olivia.deploy(service, "v1"), states.SUCCEEDED)
    updates = olivia.stack.gate.done["UpdateService"]
    loss = olivia.stack.gate.at("UpdateService", lambda: olivia.stack.kill("redis"))
    deployment = olivia.deploy(service, "v2")
    assert loss.happened.wait(60)

    while_away = olivia.browser.open(deployment.get_absolute_url())
    olivia.stack.start_redis()
    finish(olivia, deployment)

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
    finish(olivia, deployment)

    assert asked == states.QUEUED
    assert moves(deployment) == ["preparing", "rolling", "succeeded"]
