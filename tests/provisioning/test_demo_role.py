"""The demo's button that makes the portal's role in an account of the local AWS."""

import pytest

from portal.core.models import AuditEvent
from portal.core.sentences import from_json
from provisioning.accounts import services
from provisioning.accounts.rules import AccountData
from tests import factories
from tests.callers import by
from tests.conftest import free_port

pytestmark = pytest.mark.django_db
OTHER = "222222222223"


@pytest.fixture
def demo(settings):
    settings.ROOT_URLCONF = "portal.demo.urls"


@pytest.fixture
def other(acme, alice):
    """A second account of Acme, in which nothing is yet."""
    return services.connect_account(acme, AccountData("Second", OTHER), by(alice))


def button(account) -> str:
    return f"{account.get_absolute_url()}role/"


@pytest.mark.localaws
def test_it_makes_the_role_without_which_the_connection_test_fails(aws, demo, other, alice, browse):
    services.test_account(other, by(alice))
    assert other.state == "failing"
    assert "Either the role does not exist, or" in str(from_json(other.checks[0]["sentence"]))

    answer = browse(alice).post(button(other))
    services.test_account(other, by(alice))

    assert answer.url == other.get_absolute_url()
    assert other.state == "connected", other.checks
    event = AuditEvent.objects.get(action="aws_account.role_made")
    assert (event.actor, event.after) == (alice, {"role": f"arn:aws:iam::{OTHER}:role/in4it-portal"})


@pytest.mark.localaws
@pytest.mark.parametrize("renamed", ["in4it-portal", "another-name"])
def test_it_can_be_pressed_again_also_for_a_role_of_another_name(aws, demo, other, alice, browse, renamed):
    browse(alice).post(button(other))
    services.change_account(other, AccountData("Second", OTHER, role_name=renamed), by(alice))

    assert browse(alice).post(button(other)).status_code == 302
    services.test_account(other, by(alice))
    assert other.state == "connected", other.checks


@pytest.mark.localaws
def test_a_role_made_for_another_customer_is_brought_up_to_date(aws, demo, other, alice, browse):
    browse(alice).post(button(other))
    type(other).objects.update(external_id="in4it-of-a-later-connection")

    assert browse(alice).post(button(other)).status_code == 302

    policy = aws("iam", OTHER).get_role(RoleName="in4it-portal")["Role"]["AssumeRolePolicyDocument"]
    assert "in4it-of-a-later-connection" in str(policy)


def test_an_aws_that_does_not_answer_is_told(demo, other, alice, browse, settings):
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{free_port()}"
    answer = browse(alice).post(button(other))

    assert answer.status_code == 409
    assert "The role was not made" in answer.content.decode()


def test_it_is_for_those_who_connect_accounts(demo, other, alice, bob, charlie, browse):
    assert browse(bob).post(button(other)).status_code == 403
    assert browse(charlie).post(button(other)).status_code == 404
    assert browse(alice).get(button(other)).status_code == 405
    foreign = factories.AwsAccountFactory(account_id=OTHER)
    assert browse(alice).post(f"/c/acme/aws-accounts/{foreign.pk}/role/").status_code == 404


@pytest.mark.parametrize("urls", ["portal.urls", "portal.demo.urls"])
def test_only_the_demo_has_it(other, alice, browse, settings, urls):
    settings.ROOT_URLCONF = urls
    page = browse(alice).get(other.get_absolute_url()).content.decode()

    assert (button(other) in page) is (urls == "portal.demo.urls")
    if urls == "portal.urls":
        assert browse(alice).post(button(other)).status_code == 404
