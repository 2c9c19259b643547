"""Answers that are none: every adapter function says that AWS had a fault, so that work and pages go on."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from provisioning import aws
from provisioning.aws import ecs, elbv2
from provisioning.aws.errors import AwsProblem, asking_aws
from provisioning.aws.session import AwsSession, BaseCredentials, RoleAccess

HTML = b"<!doctype html><html lang=en><body><h1>Welcome to the proxy</h1><p>Log in</body></html>"
TIDY = b"<html><body><h1>Welcome to the proxy</h1></body></html>"
BODIES = {"page": HTML, "tidy page": TIDY, "no object": b"[]", "half": b'{"services": [', "number": b"7"}
ROLE = RoleAccess("arn:aws:iam::111111111111:role/portal", "in4it-x")
NO_ADAPTERS = {"provisioning.aws.errors", "provisioning.aws.kinds", "provisioning.aws.answers"}
TARGET_GROUP = elbv2.TargetGroup("arn", "web", "vpc-1", {})
VALUES: dict[str, Any] = {
    "spec": None,
    "update": ecs.ServiceUpdate("acme", "web", "web:1", 1, grace_seconds=None),
    "found": TARGET_GROUP,
    "conditions": elbv2.RuleConditions(paths=("/*",)),
    "desired_status": "RUNNING",
    "priorities": {"arn": 1},
    "names": ["web"],
    "arns": ["arn"],
    "name": "acme/web",
    "repository": "acme/web",
    "digests": ["sha256:1"],
}
SPECS: dict[str, Any] = {
    "provisioning.aws.elbv2": elbv2.TargetGroupSpec("web", "vpc-1"),
    "ensure_service": ecs.ServiceSpec("acme", "web", "web:1", "web", 80),
    "register_task_definition": ecs.TaskSpec("web", "i", "web", 80, 1, 1, (), "g", "p", "r", "r"),
}
BY_TYPE = {"int": 1, "bool": True, "float": 1.0, "Mapping[str, str]": {}, "ServiceState | None": None}


class Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self) -> Iterator[bytes]:
        yield self.body


def adapters() -> list[Callable[..., Any]]:
    """Every public function of provisioning.aws that takes a session and asks something."""
    modules = [import_module(each.name) for each in pkgutil.walk_packages(aws.__path__, "provisioning.aws.")]
    found = {
        function
        for module in modules
        if module.__name__ not in NO_ADAPTERS
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        if "session" in inspect.signature(function).parameters
    }
    quiet = {"base_client", "test_connection"}  # the first asks nothing, the second makes checks of problems
    return sorted((each for each in found if each.__name__ not in quiet), key=lambda each: each.__qualname__)


def value(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    if parameter.name == "spec":
        return SPECS.get(function.__name__) or SPECS[function.__module__.rpartition(".")[0]]
    kind = str(parameter.annotation)
    return BY_TYPE[kind] if kind in BY_TYPE else VALUES.get(parameter.name, "x")


def call(function: Callable[..., Any], session: AwsSession) -> Any:
    wanted = list(inspect.signature(function).parameters.values())
    given = {each.name: value(function, each) for each in wanted if each.default is each.empty}
    return function(**{**given, "session": session})


@pytest.fixture
def answered(monkeypatch):
    """Every request is answered with this status and this body, as if by the network."""

    def every(body: bytes, status: int = 200) -> None:
        def send(_session: Any, request: Any) -> AWSResponse:
            return AWSResponse(request.url, status, {"Content-Type": "text/html"}, Raw(body))

        monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
        monkeypatch.setattr("time.sleep", lambda _: None)

    return every


@pytest.fixture
def asking(session):
    def asked(function: Callable[..., Any]) -> Any:
        role = AwsSession(ROLE, "eu-west-1", session.endpoint, BaseCredentials("222222222222", "x"))
        return call(function, role if function.__name__ == "assume" else session)

    return asked


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("function", adapters(), ids=lambda each: each.__qualname__)
def test_a_page_in_place_of_an_answer_is_a_fault_that_passes(function, body, answered, asking):
    answered(body)

    with pytest.raises(AwsProblem) as caught:
        asking(function)

    assert (caught.value.code, caught.value.retryable) == ("aws_internal", True)


@pytest.mark.parametrize("function", adapters(), ids=lambda each: each.__qualname__)
def test_a_broken_page_with_a_fault_of_a_proxy_passes_too(function, answered, asking):
    answered(HTML, 502)

    with pytest.raises(AwsProblem) as caught:
        asking(function)

    assert (caught.value.code, caught.value.retryable) == ("aws_internal", True)


@pytest.mark.parametrize("function", adapters(), ids=lambda each: each.__qualname__)
def test_an_answer_that_lacks_what_it_must_have_is_a_fault_that_passes_or_is_not_needed(function, answered, asking):
    answered(b"{}")

    with suppress_fault():
        asking(function)


@contextmanager
def suppress_fault() -> Iterator[None]:
    """Any other problem than one that passes is let through."""
    try:
        yield
    except AwsProblem as problem:
        if not problem.retryable:
            raise


def test_what_is_an_answer_is_read(answered, session):
    answered(b'{"services": [], "failures": []}')
    assert ecs.describe_services(session, "acme", ("web",)) == {}

    answered(
        b"<DescribeRulesResponse xmlns='http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'>"
        b"<DescribeRulesResult><Rules/></DescribeRulesResult></DescribeRulesResponse>"
    )
    assert elbv2.rules(session, "arn") == ()


def test_a_bug_of_ours_is_not_taken_for_a_fault_of_aws():
    with pytest.raises(KeyError), asking_aws("do it"):
        {}["of ours"]


def test_the_reading_of_an_answer_is_told_from_the_rest_by_where_it_fails(monkeypatch, session, answers):
    answers("ecs").add_response("describe_services", {"failures": []})

    with pytest.raises(AwsProblem) as caught:
        ecs.describe_services(session, "acme", ("web",))

    assert caught.value.detail == "unreadable answer: KeyError('services')"
