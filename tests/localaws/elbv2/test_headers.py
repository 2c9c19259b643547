"""What a load balancer does to headers, and how API parameters become records and records XML."""

from typing import Any
from xml.etree import ElementTree

import pytest

from provisioning.localaws.elbv2.answers import Front
from provisioning.localaws.elbv2.headers import Headers, to_target, without_hop_by_hop
from provisioning.localaws.elbv2.wire import Refusal, answer, nested, refusal

FRONT = Front("HTTP", 80, "/_alb/web")


def sent(headers: Headers, front: Front = FRONT, client: str = "10.0.0.9", **attributes: str) -> dict[str, str]:
    return dict(to_target(headers, front, client, {f"routing.http.{name}": on for name, on in attributes.items()}))


def test_headers_of_one_connection_are_not_passed_on_nor_those_that_it_names():
    headers = [("connection", "close, X-Hop"), ("x-hop", "1"), ("keep-alive", "5"), ("upgrade", "h2c"), ("x-own", "1")]

    assert without_hop_by_hop(headers) == [("x-own", "1")]


@pytest.mark.parametrize(
    ("came", "mode", "passed"),
    [
        ([], "append", "10.0.0.9"),
        ([("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2")], "append", "1.1.1.1, 2.2.2.2, 10.0.0.9"),
        ([("x-forwarded-for", "1.1.1.1")], "preserve", "1.1.1.1"),
        ([], "preserve", "10.0.0.9"),
        ([("x-forwarded-for", "1.1.1.1")], "remove", None),
    ],
)
def test_the_client_s_address_is_added_as_the_load_balancer_says(came: Headers, mode: str, passed: str | None):
    told = sent(came, **{"xff_header_processing.mode": mode})

    assert told.get("x-forwarded-for") == passed


@pytest.mark.parametrize(
    ("came", "port", "preserve", "passed"),
    [
        ("a.example:8080", 80, "false", "a.example"),
        ("a.example", 8443, "false", "a.example:8443"),
        ("[::1]:8080", 443, "false", "[::1]"),
        ("[::1]", 80, "false", "[::1]"),
        ("a.example:8080", 80, "true", "a.example:8080"),
    ],
)
def test_the_host_has_the_listener_s_port_unless_it_is_kept(came: str, port: int, preserve: str, passed: str):
    told = sent([("host", came)], Front("HTTP", port, ""), **{"preserve_host_header.enabled": preserve})

    assert told["host"] == passed


def test_a_client_cannot_say_where_a_request_came_in():
    told = sent([("x-forwarded-proto", "https"), ("x-forwarded-port", "443")])

    assert (told["x-forwarded-proto"], told["x-forwarded-port"]) == ("http", "80")


def test_a_trace_is_begun_or_gone_on_with():
    root, gone_on = sent([])["x-amzn-trace-id"], sent([("x-amzn-trace-id", "Self=old;Root=1-2-3;a=b")])

    assert root.startswith("Root=1-")
    assert gone_on["x-amzn-trace-id"].startswith("Self=1-")
    assert gone_on["x-amzn-trace-id"].endswith(";Root=1-2-3;a=b")


@pytest.mark.parametrize(
    ("parameters", "record"),
    [
        ({"Name": ["a"], "Port": "80"}, {"Name": "a", "Port": "80"}),
        ({"Names.member.2": "b", "Names.member.1": "a"}, {"Names": ["a", "b"]}),
        ({"Names.member.10": "b", "Names.member.9": "a"}, {"Names": ["a", "b"]}),
        (
            {"A.member.1.C.V.member.1": "x", "A.member.1.T": "t", "A.member.2.T": "u"},
            {"A": [{"C": {"V": ["x"]}, "T": "t"}, {"T": "u"}]},
        ),
        ({"Matcher.HttpCode": "200"}, {"Matcher": {"HttpCode": "200"}}),
    ],
)
def test_flat_parameters_become_a_record(parameters: dict[str, Any], record: dict[str, Any]):
    assert nested(parameters) == record


def test_a_record_becomes_xml_with_everything_escaped():
    _, _, body = answer("Describe", {"Rules": [{"On": True, "Text": "<&>", "None": None, "Empty": []}]})

    rule = ElementTree.fromstring(body).find(".//{*}Rules/{*}member")
    assert rule is not None
    assert [(each.tag.partition("}")[2], each.text) for each in rule] == [
        ("On", "true"),
        ("Text", "<&>"),
        ("Empty", None),
    ]


def test_a_refusal_says_its_code_and_message():
    status, _, body = refusal(Refusal("PriorityInUse", "Priority '<1>' is in use"))

    said = ElementTree.fromstring(body)
    assert status == 400
    assert said.findtext(".//{*}Code") == "PriorityInUse"
    assert said.findtext(".//{*}Message") == "Priority '<1>' is in use"
