"""The fault proxy: what AWS's own client makes of each fault, and what was done at AWS behind it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from tests.faults.proxy import FaultProxy
from tests.faults.wire import Fault


class Aws(BaseHTTPRequestHandler):
    """Answers every request in JSON or XML, as it was asked."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        is_json = "X-Amz-Target" in self.headers
        empty = b"<R><DescribeTargetGroupsResult><TargetGroups/></DescribeTargetGroupsResult></R>"
        body = b'{"clusterArns": ["arn:one"]}' if is_json else empty
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[FaultProxy]:
    with HTTPServer(("127.0.0.1", 0), Aws) as aws:
        threading.Thread(target=aws.serve_forever, daemon=True).start()
        opened = FaultProxy(aws.server_port, 1, tmp_path / "faults.log")
        yield opened
        opened.close()
        aws.shutdown()


def client(proxy: FaultProxy, name: str) -> Any:
    keys = {"aws_access_key_id": "1" * 12, "aws_secret_access_key": "x"}
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client(name, endpoint_url=proxy.url, region_name="eu-west-1", config=config, **keys)


def test_without_a_fault_everything_is_passed_on_and_logged(proxy: FaultProxy):
    assert client(proxy, "ecs").list_clusters()["clusterArns"] == ["arn:one"]
    assert client(proxy, "elbv2").describe_target_groups()["TargetGroups"] == []

    assert [(seen.call.operation, seen.fault, seen.was_done) for seen in proxy.seen] == [
        ("ListClusters", "", True),
        ("DescribeTargetGroups", "", True),
    ]


@pytest.mark.parametrize(
    ("fault", "ecs", "elb"),
    [
        (Fault.THROTTLED, ("ThrottlingException", 400), ("Throttling", 400)),
        (Fault.TOO_MANY, ("TooManyRequestsException", 429), ("Throttling", 429)),
        (Fault.SERVER_ERROR, ("ServerException", 500), ("InternalFailure", 500)),
        (Fault.DENIED, ("AccessDeniedException", 400), ("AccessDenied", 403)),
    ],
)
def test_errors_are_written_as_each_protocol_writes_them(proxy: FaultProxy, fault, ecs, elb):
    proxy.fault = fault

    assert said(client(proxy, "ecs").list_clusters) == ecs
    assert said(client(proxy, "elbv2").describe_target_groups) == elb
    assert not any(seen.was_done for seen in proxy.seen)


@pytest.mark.parametrize("fault", [Fault.HTML_200, Fault.BROKEN_HTML_200, Fault.HTML_503, Fault.BROKEN_HTML_503])
def test_a_page_of_somebody_else_is_no_answer(proxy: FaultProxy, fault):
    proxy.fault = fault

    asked = client(proxy, "ecs").list_clusters
    if fault in {Fault.HTML_200, Fault.BROKEN_HTML_200}:
        with pytest.raises((KeyError, ResponseParserError)):
            asked()["clusterArns"]
    else:
        with pytest.raises((ClientError, ResponseParserError)):
            asked()


def test_a_reset_call_was_not_done_and_one_whose_answer_is_lost_was(proxy: FaultProxy):
    for fault in (Fault.RESET, Fault.LOST):
        proxy.fault = fault
        with pytest.raises(ConnectionClosedError):
            client(proxy, "ecs").list_clusters()

    assert [(seen.fault, seen.was_done) for seen in proxy.seen] == [("reset", False), ("lost", True)]


def test_the_answer_to_one_change_is_lost_once(proxy: FaultProxy):
    proxy.fault = Fault.LOST
    ecs = client(proxy, "ecs")
    with pytest.raises(ConnectionClosedError):
        ecs.update_service(service="web", desiredCount=1)

    ecs.update_service(service="web", desiredCount=1)
    with pytest.raises(ConnectionClosedError):
        ecs.update_service(service="web", desiredCount=2)

    assert [call.arguments["desiredCount"] for call in proxy.done("UpdateService")] == [1, 1, 2]


def said(ask: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        ask()
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]
