from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber

from provisioning.aws import session as door
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
