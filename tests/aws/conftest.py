"""An account of our own for these tests, answered by botocore's Stubber or by the local AWS."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from botocore.stub import Stubber

from provisioning.aws.session import AwsEndpoint, AwsSession, KeyAccess, forget_clients

ACCOUNT = "111111111111"


@pytest.fixture
def session() -> Iterator[AwsSession]:
    yield AwsSession(KeyAccess(ACCOUNT, "x"), "eu-west-1", AwsEndpoint("http://127.0.0.1:9"))
    forget_clients()


@pytest.fixture
def answers(session: AwsSession) -> Iterator:
    """`answers("ecs")` scripts that service's client; every scripted answer must have been asked for."""
    stubs: dict[str, Stubber] = {}
    with ExitStack() as active:

        def script(service: str) -> Stubber:
            if service not in stubs:
                stubs[service] = active.enter_context(Stubber(session.client(service)))
            return stubs[service]

        yield script
        for stub in stubs.values():
            stub.assert_no_pending_responses()
