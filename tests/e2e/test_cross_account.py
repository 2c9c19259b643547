"""The customer's role is taken by whoever the customer named, with the ExternalId the portal made, and by nobody else.

The local AWS checks signatures, trust and policies here.
"""

from collections.abc import Iterator

import boto3
import pytest
from django.urls import reverse

from provisioning.accounts import services
from provisioning.accounts.rules import AccountData
from provisioning.aws.session import forget_clients
from provisioning.localaws import control
from provisioning.models import AwsAccount
from tests.callers import by
from tests.conftest import free_port

pytestmark = [pytest.mark.localaws, pytest.mark.django_db]

CUSTOMER, PORTAL = "111111111111", "999999999999"
REFUSED = (
    "AWS does not let the portal use the role. Either the role does not exist, or it does not trust the portal&#x27;s "
    "account, or its ExternalId differs from the one shown here. Create the role again from the template, then test "
    "the connection."
)


@pytest.fixture(scope="module")
def strict_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("aws"), free_port()
    with (folder / "log.txt").open("ab") as log:
        process = control.start(port, folder, "process", pace=0.01, auth=True, log=log)
    try:
        control.wait_ready(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        control.stop(process)


@pytest.fixture
def account(strict_aws, settings, acme, alice) -> Iterator[AwsAccount]:
    """An account that Alice has just entered; the portal itself is another AWS account."""
    settings.AWS_ENDPOINT_URL = strict_aws
    settings.PORTAL_AWS_ACCOUNT_ID = PORTAL
    settings.PORTAL_AWS_ACCESS_KEY_ID, settings.PORTAL_AWS_SECRET_ACCESS_KEY = PORTAL, "portal"
    forget_clients()
    yield services.connect_account(acme, AccountData("Main", CUSTOMER), by(alice))
    forget_clients()


@pytest.fixture
def role(strict_aws, account) -> Iterator[None]:
    """What Alice does in the AWS console: she makes a stack of the template the portal gave her."""
    keys = {"aws_access_key_id": CUSTOMER, "aws_secret_access_key": "customer"}
    cloud = boto3.client("cloudformation", endpoint_url=strict_aws, region_name="eu-west-1", **keys)
    capabilities = ["CAPABILITY_NAMED_IAM"]
    cloud.create_stack(StackName="in4it", TemplateBody=services.template_for(account), Capabilities=capabilities)
    cloud.get_waiter("stack_create_complete").wait(StackName="in4it", WaiterConfig={"Delay": 0.2, "MaxAttempts": 100})
    yield
    cloud.delete_stack(StackName="in4it")
    cloud.get_waiter("stack_delete_complete").wait(StackName="in4it", WaiterConfig={"Delay": 0.2, "MaxAttempts": 100})


@pytest.fixture
def tested(browse, alice, acme, account):
    """Alice presses "Test connection"; the page she sees then, and the account as the portal knows it."""

    def press() -> tuple[str, AwsAccount]:
        url = reverse("aws_account_test", args=[acme.slug, account.pk])
        page = browse(alice).post(url, follow=True)
        account.refresh_from_db()
        return page.content.decode(), account

    return press


def test_the_role_of_the_template_lets_the_portal_in(role, tested):
    page, account = tested()

    assert account.state == "connected", account.checks
    assert f"The portal can enter account {CUSTOMER}." in page


def test_a_wrong_external_id_is_refused_with_what_to_do(role, tested, account):
    AwsAccount.objects.update(external_id="in4it-of-somebody-else")

    page, account = tested()

    assert account.state == "failing"
    assert REFUSED in " ".join(page.split())


def test_the_role_trusts_no_other_account_than_the_portals(role, tested, settings):
    settings.PORTAL_AWS_ACCESS_KEY_ID = "333333333333"

    page, account = tested()

    assert account.state == "failing"
    assert REFUSED in " ".join(page.split())


def test_an_account_that_was_connected_is_failing_once_its_role_changes_its_external_id(role, tested):
    tested()
    AwsAccount.objects.update(external_id="in4it-of-somebody-else")

    _, account = tested()

    assert account.state == "failing"
