"""Nobody cuts off a thread of a worker, so its database does not let it wait without end."""

from pathlib import Path

import pytest

from bin.lib.postgres import PrivatePostgres
from tests import at_once

PROGRAM = Path(__file__).with_name("worker_waits.py")


@pytest.mark.postgres
def test_statements_and_locks_of_workers_have_bounds_beside_what_the_address_says():
    server = PrivatePostgres.found()
    assert server
    with server as url:
        found = at_once.run(PROGRAM, f"{url}?application_name=worker")

    assert (found["statement_timeout"], found["lock_timeout"]) == ("20s", "10s")
    assert found["application_name"] == "worker"
