"""Roles at the local AWS: one that does not exist is refused with the words AWS has for it."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.localaws.site import LocalAws, client

pytestmark = pytest.mark.localaws


def take(aws: LocalAws, account: str, role: str) -> str:
    """The portal takes a customer's role; the ARN it then has."""
    sts = client(aws.port, "sts", "999999999999")
    taken = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="portal")
    return str(taken["AssumedRoleUser"]["Arn"])


def test_a_role_is_given_where_it_exists_and_nowhere_else(process_aws: LocalAws):
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    client(process_aws.port, "iam", "333333333333").create_role(RoleName="mine", AssumeRolePolicyDocument=trust)

    assert take(process_aws, "333333333333", "mine") == "arn:aws:sts::333333333333:assumed-role/mine/portal"
    for account, role in (("333333333333", "other"), ("444444444444", "mine")):
        with pytest.raises(
            ClientError, match=rf"perform: sts:AssumeRole on resource: \S+::{account}:role/{role}"
        ) as no:
            take(process_aws, account, role)
        assert no.value.response["Error"]["Code"] == "AccessDenied"
