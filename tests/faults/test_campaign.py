"""AWS answers slowly, wrongly or not at all, and workers are killed: every rollout ends as its image deserves, once.

The faults, one after the other (see plan.py for how the ends are known beforehand), stand between the worker and AWS:
pages ask AWS themselves. Short in the suite; ten minutes, fifty rollouts and thirty kills in bin/soak.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deployments import states
from tests import soak
from tests.e2e.conftest import database
from tests.e2e.database import looking_into
from tests.e2e.olivia import settle, until
from tests.e2e.stack import STEP_SECONDS, Stack
from tests.faults import judge, plan
from tests.faults.campaign import Campaign
from tests.faults.proxy import SLOWEST, FaultProxy
from tests.faults.wire import Fault

pytestmark = [pytest.mark.redis, pytest.mark.localaws]

SEED = 6
FORM = plan.LONG if soak.LONG else plan.SHORT
STALE_SECONDS = STEP_SECONDS + SLOWEST + 1  # nobody takes over from a worker whose last question is slow
EQUAL_SECONDS = 120  # until the portal has looked again at what ECS runs
DATABASES = [pytest.param("postgres", marks=pytest.mark.postgres)] if soak.LONG else ["sqlite"]


@pytest.fixture
def campaign(request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker) -> Iterator[Campaign]:
    """A portal whose worker is kept running, and reaches AWS only through the fault proxy."""
    with ExitStack() as cleanup:
        stack = Stack(tmp_path, database(request.param, tmp_path, cleanup))
        stack.processes.longest_delay = 1  # it is killed far more often than anything breaks by itself
        proxy = FaultProxy(stack.aws_port, SEED, tmp_path / "faults.log")
        cleanup.callback(proxy.close)
        stack.own["worker"] = {"AWS_ENDPOINT_URL": proxy.url, "WORK_STALE_SECONDS": str(STALE_SECONDS)}
        cleanup.callback(stack.stop)
        stack.start()
        cleanup.enter_context(django_db_blocker.unblock())
        cleanup.enter_context(looking_into(stack.database_url))
        with stack.kept_running():
            yield Campaign(settle(stack), proxy)


@pytest.mark.parametrize("campaign", DATABASES, indirect=True)
def test_whatever_aws_answers_and_whoever_dies_rollouts_end_right_and_once(campaign: Campaign):
    campaign.build(FORM.services)
    began = time.monotonic()
    campaign.run(plan.plan(FORM, SEED))
    ran = time.monotonic() - began
    campaign.settle()
    _say(campaign, ran, time.monotonic() - began - ran)

    assert (len(campaign.asked), campaign.kills) == (FORM.rollouts, FORM.kills)
    assert set(campaign.proxy.met) == set(Fault) or not soak.LONG
    assert [asked.deployment.traceback for asked in campaign.asked if asked.deployment.state == states.ERRORED] == []
    assert judge.wrong_ends(campaign) + judge.doubles(campaign) == []
    until(lambda: not judge.differences(campaign), EQUAL_SECONDS)


def _say(campaign: Campaign, ran: float, settled: float) -> None:
    seen, met = campaign.proxy.seen, campaign.proxy.met
    soak.say(f"faults: {ran:.0f} s, then {settled:.0f} s until all had ended; {campaign.kills} kills -9")
    soak.say(f"faults: {len(seen)} calls, of which met: " + ", ".join(f"{name} {met[name]}" for name in sorted(met)))
    ends = Counter(f"{asked.fate} {asked.deployment.state}" for asked in campaign.asked)
    soak.say(f"faults: {len(campaign.asked)} rollouts: " + ", ".join(f"{end} {ends[end]}" for end in sorted(ends)))
