"""in4it's own AWS account is no customer's: its roles may trust the portal, and whoever connects it would be it."""

import pytest
from django.urls import reverse

from deployments.tasks import make_repository
from portal.core.models import AuditEvent
from provisioning.accounts import services
from provisioning.accounts import states as account_states
from provisioning.accounts.rules import AccountData, OwnAccount
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import assume, base_client
from provisioning.models import AwsAccount
from provisioning.sessions import session_for
from tests import factories
from tests.callers import by

OWN = "999999999999"
SENTENCE = f"Account {OWN} is in4it's own and cannot be a customer's. Enter the number of your own AWS account."
ACCESS = {
    "role": {"access": "role", "role_name": "Admin"},
    "key": {"access": "key", "access_key_id": "AKIAX", "secret_access_key": "secret"},
}


@pytest.fixture(autouse=True)
def _own(settings):
    settings.PORTAL_AWS_ACCOUNT_ID = OWN
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"  # nobody answers: what is asked after all fails otherwise


@pytest.fixture
def stored(acme):
    """One from before, connected then."""
    return factories.AwsAccountFactory(customer=acme, account_id=OWN, role_name="Admin", state="connected")


@pytest.mark.parametrize("access", ACCESS.values(), ids=ACCESS.keys())
def test_it_cannot_be_connected(acme, alice, access):
    with pytest.raises(OwnAccount) as refusal:
        services.connect_account(acme, AccountData("Main", OWN, **access), by(alice))

    assert (str(refusal.value), refusal.value.status) == (SENTENCE, 422)
    assert not AwsAccount.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("access", ACCESS.values(), ids=ACCESS.keys())
def test_no_account_becomes_it(acme, alice, access):
    account = factories.AwsAccountFactory(customer=acme, account_id="111111111111")
    with pytest.raises(OwnAccount, match="in4it's own"):
        services.change_account(account, AccountData("Main", OWN, **access), by(alice))

    account.refresh_from_db()
    assert account.account_id == "111111111111"


@pytest.mark.parametrize("typed", [OWN, "9999-9999-9999", " 9999 9999 9999 "])
def test_the_form_says_so_at_the_number(acme, alice, browse, typed):
    entered = {"name": "Main", "account_id": typed, **ACCESS["role"]}
    answer = browse(alice).post(reverse("aws_account_new", args=["acme"]), entered)

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"account_id": [SENTENCE]}
    assert not AwsAccount.objects.exists()


def test_the_form_that_changes_one_says_so_too(stored, alice, browse):
    entered = {"name": "Renamed", "account_id": OWN, **ACCESS["role"]}
    answer = browse(alice).post(reverse("aws_account_edit", args=["acme", stored.pk]), entered)

    assert (answer.status_code, answer.context["form"].errors) == (422, {"account_id": [SENTENCE]})


def test_other_numbers_are_welcome(acme, alice):
    assert services.connect_account(acme, AccountData("Main", "999999999998"), by(alice)).pk


ASK = {"ecs": lambda s: s.client("ecs"), "sts": lambda s: s.client("sts"), "base": base_client, "role": assume}


@pytest.mark.parametrize(("access", "ask"), [*(("role", each) for each in ASK), ("key", "ecs"), ("key", "sts")])
def test_one_from_before_is_not_entered(stored, access, ask):
    stored.access = access
    with pytest.raises(AwsProblem) as refusal:
        ASK[ask](session_for(stored, "eu-west-1"))

    assert (refusal.value.code, str(refusal.value.sentence)) == ("access_denied", SENTENCE)


def test_a_test_of_one_from_before_fails_and_says_why(stored, alice):
    report = services.test_account(stored, by(alice))

    assert [(str(check.name), check.ok, str(check.sentence)) for check in report.checks] == [
        ("Access", False, SENTENCE)
    ]
    stored.refresh_from_db()
    assert stored.state == account_states.FAILING


def test_work_in_one_from_before_ends_with_the_reason(stored):
    service = factories.ServiceFactory(customer=stored.customer, account=stored, repository__state="wanted")

    make_repository(service.repository.pk, 0)

    service.repository.refresh_from_db()
    assert (service.repository.state, str(service.repository.problem)) == ("wanted", SENTENCE)
