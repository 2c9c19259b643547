"""A worker that is told to stop, as by a new version of the portal, finishes the step it is at and ends."""

import time

import pytest

from provisioning import states
from tests.e2e.conftest import ON_SQLITE
from tests.e2e.olivia import Olivia, arrived, moves

pytestmark = [pytest.mark.redis, pytest.mark.localaws, pytest.mark.xdist_group("e2e"), ON_SQLITE]

SLOW_ANSWER = 3  # seconds


def test_a_worker_that_is_told_to_stop_waits_for_aws_and_the_next_one_goes_on(olivia: Olivia):
    stack, worker = olivia.stack, olivia.stack.last("worker")
    asked = stack.gate.done["CreateChangeSet"]

    def stop_and_answer_late() -> None:
        worker.process.terminate()
        time.sleep(SLOW_ANSWER)

    stopped = stack.gate.at("CreateChangeSet", stop_and_answer_late)
    environment = olivia.plan("Stopped")
    assert stopped.happened.wait(60)
    ended = worker.process.wait(60)
    environment.change.refresh_from_db()
    noted = environment.change.change_set_id
    stack.processes.running.remove(worker)
    stack.start_worker()
    arrived(environment, states.PLANNED)

    assert ended == 0
    assert noted
    assert moves(environment) == ["planning", "planned"]
    assert stack.gate.done["CreateChangeSet"] - asked == 1
