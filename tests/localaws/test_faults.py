"""What tests may ask to go wrong between a client and the local AWS, seen by a real client."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from provisioning.localaws import control
from tests.localaws.conftest import free_port
from tests.localaws.site import REGION, LocalAws

pytestmark = pytest.mark.localaws

OTHER = "222222222222"


def client(aws: LocalAws, name: str, account: str = "111111111111") -> Any:
    """One that never asks twice."""
    return boto3.client(
        name,
        endpoint_url=f"http://{aws.registry}",
        region_name=REGION,
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def ask(aws: LocalAws, method: str, content: Any = None, kind: str = "application/json") -> tuple[int, Any]:
    """One request to the endpoint."""
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(f"http://{aws.registry}/_localaws/faults", body, {"Content-Type": kind})
    request.method = method
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def arm(aws: LocalAws, **fault: Any) -> None:
    status, said = ask(aws, "POST", {"faults": [fault]})
    assert status == 200, said


@pytest.fixture
def aws(process_aws: LocalAws) -> Iterator[LocalAws]:
    yield process_aws
    ask(process_aws, "DELETE")


CALLS = {
    "json": lambda aws: client(aws, "ecs").list_clusters(),
    "query": lambda aws: client(aws, "elbv2").describe_load_balancers(),
    "ec2": lambda aws: client(aws, "ec2").describe_vpcs(),
    "rest-xml": lambda aws: client(aws, "s3").list_buckets(),
    "rest-json": lambda aws: client(aws, "lambda").list_functions(),
}


@pytest.mark.parametrize(
    ("kind", "protocol", "status", "code"),
    [
        ("throttled", "json", 400, "ThrottlingException"),
        ("throttled", "query", 400, "Throttling"),
        ("throttled", "ec2", 503, "RequestLimitExceeded"),
        ("throttled", "rest-xml", 503, "SlowDown"),
        ("throttled", "rest-json", 429, "ThrottlingException"),
        ("denied", "json", 400, "AccessDeniedException"),
        ("denied", "query", 403, "AccessDenied"),
        ("denied", "ec2", 403, "UnauthorizedOperation"),
        ("failed", "json", 500, "InternalFailure"),
        ("failed", "query", 500, "InternalFailure"),
    ],
)
def test_a_refusal_is_read_by_the_client_of_each_protocol(aws, kind, protocol, status, code):
    arm(aws, kind=kind)

    with pytest.raises(ClientError) as refused:
        CALLS[protocol](aws)

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_denial_names_the_account_and_the_operation(aws):
    arm(aws, kind="denied", operations=["DescribeLoadBalancers"])

    with pytest.raises(ClientError, match=r"::111111111111:.*elasticloadbalancing:DescribeLoadBalancers"):
        CALLS["query"](aws)


@pytest.mark.parametrize("kind", ["unavailable", "garbled"])
def test_a_page_of_a_proxy_is_no_answer_of_aws(aws, kind):
    arm(aws, kind=kind, services=["ecs"])

    with pytest.raises((ClientError, ResponseParserError)):
        CALLS["json"](aws)
    assert CALLS["query"](aws)["LoadBalancers"] == []


def test_a_page_with_status_200_holds_no_result(aws):
    """The client takes it for a success: who asked has to see that what was asked for is not in it."""
    arm(aws, kind="page")

    assert "clusterArns" not in CALLS["json"](aws)


def test_a_reset_does_nothing_and_a_lost_answer_has_done_it(aws):
    for kind, made in (("reset", []), ("lost", ["kept"])):
        arm(aws, kind=kind, operations=["CreateCluster"])
        with pytest.raises(ConnectionClosedError):
            client(aws, "ecs", OTHER).create_cluster(clusterName="kept")

        arns = client(aws, "ecs", OTHER).list_clusters()["clusterArns"]
        assert [arn.rpartition("/")[2] for arn in arns] == made


def test_only_what_is_in_all_lists_is_concerned(aws):
    arm(aws, kind="throttled", accounts=[OTHER], services=["ecs"], operations=["ListClusters"])

    client(aws, "ecs").list_clusters()
    client(aws, "ecs", OTHER).describe_clusters()
    client(aws, "ecr", OTHER).describe_repositories()
    with pytest.raises(ClientError):
        client(aws, "ecs", OTHER).list_clusters()


def test_a_session_of_a_role_belongs_to_the_role_s_account(aws):
    trust = {"Version": "2012-10-17", "Statement": []}
    role = client(aws, "iam", OTHER).create_role(RoleName="portal", AssumeRolePolicyDocument=json.dumps(trust))
    given = client(aws, "sts").assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="portal")["Credentials"]
    arm(aws, kind="throttled", accounts=[OTHER])

    with pytest.raises(ClientError, match="Rate exceeded"):
        client(aws, "ecs", given["AccessKeyId"]).list_clusters()


def test_it_happens_as_often_as_counted(aws):
    arm(aws, kind="failed", services=["ecs"], count=2)

    for _ in range(2):
        with pytest.raises(ClientError):
            CALLS["json"](aws)
    CALLS["json"](aws)

    assert ask(aws, "GET")[1]["faults"][0]["applied"] == 2


def test_what_is_slow_comes_later_and_right(aws):
    arm(aws, kind="slow", seconds=0.5)

    began = time.monotonic()
    assert "clusterArns" in CALLS["json"](aws)

    assert time.monotonic() - began >= 0.5


@pytest.mark.parametrize("probability", [0, 1])
def test_it_happens_as_likely_as_asked(aws, probability):
    arm(aws, kind="failed", services=["ecs"], probability=probability)

    failed = 0
    for _ in range(5):
        try:
            CALLS["json"](aws)
        except ClientError:
            failed += 1

    assert failed == 5 * probability


def test_traffic_that_nobody_signs_has_faults_of_its_own(aws):
    arm(aws, kind="unavailable", services=["registry"], accounts=[OTHER])

    with pytest.raises(urllib.error.HTTPError) as broken:
        urllib.request.urlopen(f"http://{aws.registry}/v2/{OTHER}/nowhere/tags/list")
    with pytest.raises(urllib.error.HTTPError) as missing:
        urllib.request.urlopen(f"http://{aws.registry}/v2/nowhere/tags/list")

    assert (broken.value.code, missing.value.code) == (503, 404)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"faults": [{"kind": "sloth"}]}, "kind is one of"),
        ({"faults": [{"kind": "slow", "minutes": 3}]}, "minutes will not do"),
        ({"faults": [{"kind": "slow", "accounts": OTHER}]}, "accounts will not do: accounts, services"),
        ({"faults": [{"kind": "slow", "seconds": "3"}]}, "seconds will not do"),
        ([], "Send"),
    ],
)
def test_what_is_no_fault_is_refused_with_a_reason(aws, content, why):
    status, said = ask(aws, "POST", content)

    assert (status, why in said["message"]) == (400, True)
    assert ask(aws, "GET")[1] == {"faults": []}


def test_a_page_in_a_browser_cannot_set_faults(aws):
    assert ask(aws, "POST", {"faults": []}, "text/plain")[0] == 415
    assert ask(aws, "OPTIONS")[0] == 405


def test_faults_can_be_there_from_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(os.environ, "LOCALAWS_FAULTS", '{"faults": [{"kind": "throttled", "services": ["ecs"]}]}')
    port = free_port()
    process = control.start(port, tmp_path, "process")
    try:
        started = LocalAws(port, control.wait_ready(port).runtime, process)
        with pytest.raises(ClientError, match="Rate exceeded"):
            CALLS["json"](started)
    finally:
        control.stop(process)


@pytest.mark.parametrize(
    ("given", "why"), [("nonsense", "This is no JSON"), ('{"faults": [{}]}', "its kind is one of")]
)
def test_faults_from_the_start_that_are_none_are_refused_with_a_reason(tmp_path: Path, given: str, why: str):
    command = [control.python(), "-m", "provisioning.localaws", "--port", str(free_port())]
    command += ["--state-dir", str(tmp_path), "--runtime", "process"]
    environment = os.environ | {"LOCALAWS_FAULTS": given}

    done = subprocess.run(command, cwd=control.ROOT, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, why in done.stderr) == (2, True), done.stderr
