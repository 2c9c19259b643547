"""The last words of a stopped task, as they are kept: masked, bounded, and read in no time whatever they are."""

import time
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from deployments.rollouts import observe
from portal.core.redaction import MASK
from provisioning.aws.session import AwsEndpoint, AwsSession, KeyAccess, forget_clients
from tests import factories

TASK = "arn:aws:ecs:eu-west-1:111111111111:task/acme-dev/77"


@pytest.fixture
def said(acme):
    """What is kept of these messages of a task."""
    session = AwsSession(KeyAccess("111111111111", "x"), "eu-west-1", AwsEndpoint("http://127.0.0.1:9"))
    deployment = factories.DeploymentFactory(environment__outputs={"LogGroupName": "/acme/dev"})

    def kept(*messages: str) -> list[str]:
        at = int(datetime(2026, 9, 21, tzinfo=UTC).timestamp() * 1000)
        with Stubber(session.client("logs")) as stub:
            events = [{"timestamp": at, "message": message} for message in messages]
            stub.add_response("get_log_events", {"events": events})
            return observe.last_lines(session, deployment, TASK)

    yield kept
    forget_clients()


def test_lines_are_kept_in_order_with_their_secrets_masked(said):
    assert said("starting", "DB_PASSWORD=hunter2 is wrong\n", "bye") == [
        "starting",
        f"DB_PASSWORD={MASK} is wrong",
        "bye",
    ]


@pytest.mark.parametrize(
    ("piece", "kept"),
    [("a", "a" * 4_000), ("a-b.", "a-b." * 1_000), ("=", "=" * 4_000), ("at x.y.Z ", "at x.y.Z " * 444 + "at")],
)
def test_what_does_not_fit_on_a_page_is_cut(said, piece, kept):
    assert said(piece * 60_000) == [f"{kept}…"]


def test_a_task_that_dies_of_long_words_holds_nobody_up(said):
    started = time.process_time()

    lines = said(*["a" * 250_000] * 20)

    assert time.process_time() - started < 2
    assert [len(line) for line in lines] == [4_001] * 20


def test_a_password_at_the_cut_is_not_left_in_half(said):
    (line,) = said(f"{'all went well ' * 284}postgres://portal:{'hunter2' * 20}@db")

    assert "hunter2" not in line
