"""A local AWS for these tests, and a worker that drives an environment step by step."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from django.db import connection

from provisioning import stacks, tasks
from provisioning.aws.session import AwsSession, forget_clients
from provisioning.changes import states as change_states
from provisioning.environments import services
from provisioning.environments.rules import EnvironmentData
from provisioning.localaws import control
from provisioning.models import Environment, StackChange
from tests import factories
from tests.callers import by
from tests.conftest import free_port

ACCOUNT, REGION = "111111111111", "eu-west-1"


class Killed(BaseException):
    """A worker's sudden death: nothing in the portal catches it."""


@contextmanager
def running_aws(folder: Path, pace: float) -> Iterator[str]:
    """The address of a local AWS in which a resource takes `pace` seconds, and the portal has its role."""
    port = free_port()
    with (folder / "log.txt").open("ab") as log:
        process = control.start(port, folder, "process", pace=pace, log=log)
    try:
        control.wait_ready(port)
        url = f"http://127.0.0.1:{port}"
        _owner(url, "iam").create_role(RoleName="in4it-portal", AssumeRolePolicyDocument="{}")
        yield url
    finally:
        control.stop(process)


@pytest.fixture(scope="package")
def local_aws(tmp_path_factory) -> Iterator[str]:
    with running_aws(tmp_path_factory.mktemp("aws"), pace=0.05) as url:
        yield url


@pytest.fixture
def aws(local_aws, settings) -> Iterator[Callable]:
    """The portal pointed at the local AWS; `aws("ec2")` is the customer's own client."""
    settings.AWS_ENDPOINT_URL = local_aws
    settings.PORTAL_AWS_ACCESS_KEY_ID, settings.PORTAL_AWS_SECRET_ACCESS_KEY = "222222222222", "test"
    settings.PORTAL_AWS_ACCOUNT_ID = "222222222222"
    settings.POLL_SECONDS = 0
    forget_clients()

    yield lambda service, account=ACCOUNT: _owner(local_aws, service, account)
    forget_clients()


def _owner(url: str, service: str, account: str = ACCOUNT):
    """The customer's own client."""
    keys = {"aws_access_key_id": account, "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=url, region_name=REGION, **keys)


@pytest.fixture
def account(acme):
    return factories.AwsAccountFactory(customer=acme)


@pytest.fixture
def wish(acme, account, alice):
    """Requests an environment of Acme; what matters to the test is given by name."""

    def request(name: str, kind: str = "dev", size: str = "small") -> Environment:
        data = EnvironmentData(account=account, name=name, kind=kind, region=REGION, size=size)
        return services.request_environment(acme, data, by(alice))

    return request


@pytest.fixture
def ready(wish, alice):
    """An environment that AWS has made."""

    def make(name: str, **wanted: str) -> Environment:
        row = drive(wish(name, **wanted))
        services.approve(row, by(alice))
        return drive(row)

    return make


def step(row: Environment) -> None:
    """What a worker does with one delivery for the change that the environment's life depends on."""
    row.refresh_from_db()
    step_change(row.change)
    row.refresh_from_db()


def step_change(change: StackChange) -> None:
    """What a worker does with one delivery."""
    change.refresh_from_db()
    tasks.step_change(change.pk, change.seq)
    change.refresh_from_db()


def drive_change(
    change: StackChange, until: Callable[[StackChange], bool] = lambda _: False, seconds: float = 60
) -> StackChange:
    """Steps until nothing is left to do, or `until` holds."""
    deadline = time.monotonic() + seconds
    change.refresh_from_db()
    while change.state in change_states.ACTIVE and not until(change):
        assert time.monotonic() < deadline, f"still {change.state}: {change.problem}"
        step_change(change)
        time.sleep(0.02)
    return change


def drive(row: Environment, until: Callable[[Environment], bool] = lambda _: False, seconds: float = 60) -> Environment:
    """Steps until nothing is left to do, or `until` holds."""
    deadline = time.monotonic() + seconds
    row.refresh_from_db()
    while row.is_active and not until(row):
        assert time.monotonic() < deadline, f"still {row.state}: {row.change.problem}"
        step(row)
        time.sleep(0.02)
    return row


@contextmanager
def dying_workers(monkeypatch: pytest.MonkeyPatch, seed: int, odds: float) -> Iterator[list[str]]:
    """Workers die at random: just before a call to AWS, or just before a row is written. Yields where they died."""
    dice, deaths, plain = random.Random(seed), [], AwsSession.client

    def client(session: AwsSession, service: str):
        die_perhaps(service)
        return plain(session, service)

    def execute(run, sql: str, params, many, context):
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            die_perhaps(sql[:30])
        return run(sql, params, many, context)

    def die_perhaps(where: str) -> None:
        if dice.random() < odds:
            deaths.append(where)
            raise Killed(where)

    with monkeypatch.context() as patch, connection.execute_wrapper(execute):
        patch.setattr(AwsSession, "client", client)
        yield deaths


def own_stacks(aws: Callable, row: Environment) -> list[str]:
    """The stacks of that name that AWS has ever made, and not deleted."""
    found = aws("cloudformation").list_stacks()["StackSummaries"]
    return [
        each["StackStatus"]
        for each in found
        if each["StackName"] == row.aws_name and each["StackStatus"] != "DELETE_COMPLETE"
    ]


def moves(row: Environment) -> list[str]:
    """Every state the row has moved to, in order."""
    return [each.to_state for each in row.steps]


@pytest.fixture
def journal(monkeypatch):
    """The name of a small further template."""
    monkeypatch.setattr(stacks, "FOLDER", Path(__file__).parent / "stacks")
    stacks.load.cache_clear()
    yield "journal"
    stacks.load.cache_clear()
