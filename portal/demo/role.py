"""The portal's role in an AWS account of the local AWS: what the customer does elsewhere in their own AWS console."""

import hashlib
import time

from django.conf import settings

from portal.core import audit
from portal.core.caller import Caller
from portal.core.errors import UserError
from portal.demo.report import NotSeen, wait_until
from provisioning.accounts.services import template_for
from provisioning.aws import cloudformation
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsEndpoint, AwsSession, BaseCredentials, KeyAccess
from provisioning.models import AwsAccount

REGION = "eu-west-1"
SECONDS = 25  # a person waits for it; it takes two or three


def make_role(account: AwsAccount, caller: Caller) -> None:
    """Makes a stack of the template that the portal offers, or brings the one that is there up to date with it.

    Raises UserError when AWS does not make it.
    """
    try:
        _run(_owner_of(account), account.role_name, template_for(account))
    except (NotSeen, AwsProblem) as problem:
        raise UserError(f"The role was not made: {problem}", code="role_not_made") from problem
    audit.record("aws_account.role_made", account, caller=caller, after={"role": account.role_arn})


def _owner_of(account: AwsAccount) -> AwsSession:
    """The local AWS knows every account by its number as access key."""
    endpoint = AwsEndpoint(settings.AWS_ENDPOINT_URL or None)
    return AwsSession(KeyAccess(account.account_id, "local"), REGION, endpoint, BaseCredentials())


def _run(session: AwsSession, stack: str, template: str) -> None:
    token = f"role-{hashlib.sha256(template.encode()).hexdigest()[:16]}-{time.time_ns()}"
    plan = cloudformation.create_change_set(session, stack, template, {}, {}, token=token)

    def planned() -> cloudformation.ChangeSet | None:
        found = cloudformation.describe_change_set(session, stack, plan)
        return found if found.is_ready or found.is_empty or found.is_failed else None

    found = wait_until(planned, SECONDS, "The plan of the role")
    if found is not None and found.is_ready:
        cloudformation.execute_change_set(session, stack, plan, token)
    wait_until(lambda: _is_complete(session, stack), SECONDS, "The stack of the role")


def _is_complete(session: AwsSession, stack: str) -> bool:
    found = cloudformation.describe_stack(session, stack)
    return found is not None and found.is_complete
