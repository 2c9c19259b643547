from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from portal.core.work.shares import Shares
from provisioning.aws import session as door
from provisioning.aws.ecs import describe_services
from provisioning.aws.errors import AwsProblem
from provisioning.aws.patience import LOOK
from provisioning.aws.session import AwsEndpoint, AwsSession, BaseCredentials, KeyAccess, RoleAccess

ROLE = RoleAccess("arn:aws:iam::111111111111:role/in4it-portal", "in4it-0123456789abcdef")
IN_THE_ROLE = AwsSession(
    ROLE, "eu-west-1", AwsEndpoint("http://127.0.0.1:9"), BaseCredentials("222222222222", "base-secret")
)


@pytest.fixture
def sts():
    with Stubber(door.base_client(IN_THE_ROLE)) as stub:
        yield stub
        stub.assert_no_pending_responses()
    door.forget_clients()


def taken(key: str, minutes: int) -> dict:
    expires = datetime.now(UTC) + timedelta(minutes=minutes)
    return {
        "Credentials": {
            "AccessKeyId": key.ljust(16, "0"),
            "SecretAccessKey": "s",
            "SessionToken": "t",
            "Expiration": expires,
        }
    }


def used_key(service: str = "ecs") -> str:
    return IN_THE_ROLE.client(service)._request_signer._credentials.get_frozen_credentials().access_key


def test_secrets_do_not_show_in_what_is_printed():
    shown = repr(IN_THE_ROLE) + repr(KeyAccess("AKIA1234567890123456", "hidden-secret"))

    assert "base-secret" not in shown
    assert "0123456789abcdef" not in shown
    assert "AKIA" not in shown
    assert "hidden-secret" not in shown


def test_the_role_is_taken_with_the_customers_external_id(sts):
    wanted = {
        "RoleArn": ROLE.role_arn,
        "RoleSessionName": "in4it-portal",
        "ExternalId": "in4it-0123456789abcdef",
    }
    sts.add_response("assume_role", taken("ASIA1", 60), wanted)

    assert used_key() == "ASIA1".ljust(16, "0")


def test_many_threads_and_services_take_the_role_once(sts):
    sts.add_response("assume_role", taken("ASIA1", 60))

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(used_key, ["ecs", "ecr", "elbv2", "logs"] * 8))

    assert keys == {"ASIA1".ljust(16, "0")}


def test_credentials_are_renewed_before_they_expire(sts):
    sts.add_response("assume_role", taken("ASIA1", 9))  # botocore insists on renewal 10 minutes ahead
    sts.add_response("assume_role", taken("ASIA2", 60))

    assert used_key() == "ASIA1".ljust(16, "0")
    assert used_key() == "ASIA2".ljust(16, "0")


def test_a_refused_role_is_a_problem_with_its_cause(sts):
    sts.add_client_error("assume_role", "AccessDenied")

    with pytest.raises(AwsProblem) as caught:
        door.assume(IN_THE_ROLE)

    assert caught.value.code == "wrong_external_id"


def test_equal_sessions_share_a_client_and_others_do_not():
    again = AwsSession(KeyAccess("a", "b"), "eu-west-1")

    assert again.client("ecs") is AwsSession(KeyAccess("a", "b"), "eu-west-1").client("ecs")
    assert again.client("ecs") is not AwsSession(KeyAccess("a", "b"), "eu-west-2").client("ecs")


def test_a_client_goes_to_the_endpoint_and_gives_up_in_time():
    client = AwsSession(KeyAccess("a", "b"), "eu-west-1", AwsEndpoint("http://127.0.0.1:9"), patience=LOOK).client(
        "ecs"
    )

    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert (client.meta.config.connect_timeout, client.meta.config.read_timeout) == (2, 5)


def test_without_an_endpoint_a_client_goes_to_aws_itself():
    assert AwsSession(KeyAccess("a", "b"), "eu-west-1").client("ecs").meta.endpoint_url == (
        "https://ecs.eu-west-1.amazonaws.com"
    )


def test_a_client_asks_nothing_for_work_whose_time_is_over(settings, monkeypatch):
    settings.WORK_STEP_SECONDS = -1
    asked = []
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", lambda _self, request: asked.append(request))
    session = AwsSession(KeyAccess("a", "b"), "eu-west-1", AwsEndpoint("http://127.0.0.1:9"))

    with Shares(16).hold("acme") as hold, pytest.raises(AwsProblem) as problem:
        describe_services(session, "cluster", ("web",))

    assert (problem.value.retryable, asked, hold.trouble) == (True, [], False)


@pytest.mark.parametrize(
    ("status", "body", "trouble"),
    [
        (200, b'{"services": [], "failures": []}', False),
        (400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}', True),
        (400, b'{"__type": "AccessDeniedException", "message": "no"}', False),
        (503, b'{"__type": "ServerException", "message": "no"}', True),
    ],
)
def test_the_share_hears_how_aws_answers(monkeypatch, status, body, trouble):
    answer = AWSResponse("http://127.0.0.1:9", status, {}, None)
    answer._content = body
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", lambda _self, _request: answer)
    session = AwsSession(KeyAccess("a", "b"), "eu-west-1", AwsEndpoint("http://127.0.0.1:9"), patience=LOOK)

    with Shares(16).hold("acme") as hold, suppress(AwsProblem):
        describe_services(session, "cluster", ("web",))

    assert (hold.answered, hold.trouble) == (True, trouble)


def test_one_attempt_is_one_and_a_silent_aws_is_trouble(monkeypatch):
    asked = []

    def silence(_self: object, request: object) -> None:
        asked.append(request)
        raise ReadTimeoutError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", silence)
    session = AwsSession(KeyAccess("a", "b"), "eu-west-1", AwsEndpoint("http://127.0.0.1:9"), patience=LOOK)

    with Shares(16).hold("acme") as hold, pytest.raises(AwsProblem, match="could not be reached"):
        describe_services(session, "cluster", ("web",))

    assert (len(asked), hold.trouble, hold.answered) == (1, True, False)
