"""The door that the benches count by: nothing changes on its way through, everything is counted, some is held back."""

import time
from typing import Any

import boto3
import pytest

from bench.door import Door
from bench.fake_ecs import FakeEcs

NEAR, FAR = "111111111111", "222222222222"


@pytest.fixture
def fakes() -> Any:
    made = {account: FakeEcs(account) for account in (NEAR, FAR)}
    yield made
    for fake in made.values():
        fake.shutdown()
        fake.server_close()


@pytest.fixture
def door(fakes: dict[str, FakeEcs]) -> Door:
    opened = Door(fakes[NEAR].server_port, ways={FAR: fakes[FAR].server_port})
    opened.open()
    return opened


def ecs_of(door: Door, account: str) -> Any:
    key = {"aws_access_key_id": account, "aws_secret_access_key": "any"}
    return boto3.client("ecs", endpoint_url=door.url, region_name="eu-west-1", **key)


def make_service(ecs: Any, name: str) -> None:
    ecs.create_service(cluster="shop", serviceName=name, taskDefinition=f"{name}:1", desiredCount=0)


def test_calls_are_counted_by_what_is_asked(door):
    ecs = ecs_of(door, NEAR)
    make_service(ecs, "web")
    ecs.update_service(cluster="shop", service="web", taskDefinition="web:2", desiredCount=2)
    for _ in range(3):
        ecs.describe_services(cluster="shop", services=["web"])
    assert door.calls == {"CreateService": 1, "UpdateService": 1, "DescribeServices": 3}


def test_answers_and_errors_arrive_as_they_were_given(door):
    ecs = ecs_of(door, NEAR)
    make_service(ecs, "web")
    (said,) = ecs.describe_services(cluster="shop", services=["web"])["services"]
    assert (said["serviceName"], said["status"]) == ("web", "ACTIVE")
    with pytest.raises(ecs.exceptions.ClientException):
        ecs.describe_task_definition(taskDefinition="never-registered")


def test_each_account_finds_its_own_aws(door):
    make_service(ecs_of(door, FAR), "web")
    assert not ecs_of(door, NEAR).describe_services(cluster="shop", services=["web"])["services"]
    assert ecs_of(door, FAR).describe_services(cluster="shop", services=["web"])["services"]


def test_only_the_slow_account_is_held_back(door):
    door.delays[FAR] = 0.5
    near, far = ecs_of(door, NEAR), ecs_of(door, FAR)
    assert seconds_of(lambda: far.describe_services(cluster="shop", services=["web"])) >= 0.5
    assert seconds_of(lambda: near.describe_services(cluster="shop", services=["web"])) < 0.5


def test_an_imagined_rollout_is_over_when_the_bench_says_so(door, fakes):
    ecs = ecs_of(door, NEAR)
    make_service(ecs, "web")
    ecs.update_service(cluster="shop", service="web", taskDefinition="web:2", desiredCount=2)
    assert rollout_state(ecs) == "IN_PROGRESS"
    fakes[NEAR].end_all(0)
    assert rollout_state(ecs) == "COMPLETED"


def test_imagined_tasks_start_when_their_rollout_is_over(door, fakes):
    ecs = ecs_of(door, NEAR)
    make_service(ecs, "web")
    ecs.update_service(cluster="shop", service="web", taskDefinition="web:2", desiredCount=2)
    tasks = ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert statuses(ecs, tasks) == ["PENDING", "PENDING"]
    fakes[NEAR].end_all(0)
    assert statuses(ecs, tasks) == ["RUNNING", "RUNNING"]


def statuses(ecs: Any, tasks: list[str]) -> list[str]:
    return [each["lastStatus"] for each in ecs.describe_tasks(cluster="shop", tasks=tasks)["tasks"]]


def rollout_state(ecs: Any) -> str:
    (said,) = ecs.describe_services(cluster="shop", services=["web"])["services"]
    return next(each["rolloutState"] for each in said["deployments"] if each["status"] == "PRIMARY")


def seconds_of(what: Any) -> float:
    started = time.monotonic()
    what()
    return time.monotonic() - started
