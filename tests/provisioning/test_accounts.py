"""AWS accounts: connecting, testing, changing; what is secret stays so."""

import pytest
from django.db import connection
from django.urls import reverse

from portal.core.errors import LostRace, UserError
from portal.core.limits import Limit
from portal.core.models import AuditEvent
from portal.core.sentences import said
from provisioning.accounts import services, views
from provisioning.accounts.rules import AccountData
from provisioning.aws.identity import Check, ConnectionReport, role_template
from provisioning.environments.rules import EnvironmentData
from provisioning.environments.services import request_environment
from provisioning.models import AwsAccount
from provisioning.sessions import session_for
from tests import factories
from tests.callers import by
from tests.conftest import free_port

SECRET = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY"
ROLE = {"name": "Main", "account_id": "1111-1111-1111", "access": "role", "role_name": "in4it-portal"}
KEY = {"name": "Main", "account_id": "111111111111", "access": "key", "access_key_id": "111111111111"}


def url(name: str, *args) -> str:
    return reverse(name, args=["acme", *args])


@pytest.fixture
def keyed(acme, alice):
    return services.connect_account(acme, AccountData(**KEY, secret_access_key=SECRET), by(alice))


def test_an_account_is_connected_with_an_external_id_of_its_own(acme, alice, browse):
    answer = browse(alice).post(url("aws_account_new"), ROLE)

    account = AwsAccount.objects.get()
    assert answer.url == account.get_absolute_url()
    assert (account.account_id, account.state, account.customer) == ("111111111111", "untested", acme)
    assert len(account.external_id) >= 32
    assert AuditEvent.objects.filter(action="aws_account.added", customer=acme).count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"account_id": "1234"}, "An AWS account number has 12 digits."),
        ({"account_id": "11111111111a"}, "An AWS account number has 12 digits."),
        ({"role_name": "in4it-portal\n"}, "Use 3 to 64 letters, digits and dashes."),
        ({"role_name": "a role"}, "Use 3 to 64 letters, digits and dashes."),
        ({"access": "key"}, "Enter the access key ID."),
        ({"access": "key", "access_key_id": "111111111111"}, "Enter the secret access key."),
        ({"access": "magic"}, "magic is not one of the available choices"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_wrong_data_is_explained_and_nothing_is_stored(alice, browse, wrong, sentence):
    answer = browse(alice).post(url("aws_account_new"), ROLE | wrong)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not AwsAccount.objects.exists()


def test_the_same_account_is_connected_once(account, alice, browse):
    answer = browse(alice).post(url("aws_account_new"), ROLE)

    assert answer.status_code == 422
    assert "Account 111111111111 is connected already." in answer.content.decode()


def test_a_secret_key_is_encrypted_and_shown_nowhere(keyed, alice, erin, browse):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret_access_key FROM provisioning_awsaccount")
        stored = cursor.fetchone()[0]
    assert stored
    assert SECRET not in stored
    assert session_for(keyed, "eu-west-1").access.secret_access_key == SECRET
    assert SECRET not in repr(session_for(keyed, "eu-west-1"))
    for person in (alice, erin):
        pages = [url("aws_accounts"), keyed.get_absolute_url(), url("aws_account_edit", keyed.pk)]
        assert not [page for page in pages if SECRET in browse(person).get(page).content.decode()]
    wrong = browse(alice).post(url("aws_account_edit", keyed.pk), KEY | {"name": "", "secret_access_key": SECRET})
    assert SECRET not in wrong.content.decode()
    assert not [event for event in AuditEvent.objects.all() if SECRET in f"{event.before}{event.after}"]


def test_pages_about_access_are_not_kept_by_browsers(keyed, alice, browse):
    for page in (keyed.get_absolute_url(), url("aws_account_edit", keyed.pk), url("aws_account_new")):
        assert "no-store" in browse(alice).get(page)["Cache-Control"]


def test_a_key_left_empty_is_kept_and_another_one_replaces_it(keyed, alice, browse):
    browse(alice).post(url("aws_account_edit", keyed.pk), KEY | {"name": "Renamed"})
    keyed.refresh_from_db()
    assert (keyed.name, keyed.secret_access_key) == ("Renamed", SECRET)

    browse(alice).post(url("aws_account_edit", keyed.pk), KEY | {"secret_access_key": "another"})
    keyed.refresh_from_db()
    assert keyed.secret_access_key == "another"


def test_a_key_is_forgotten_when_a_role_takes_its_place(keyed, alice, browse):
    browse(alice).post(url("aws_account_edit", keyed.pk), ROLE)

    keyed.refresh_from_db()
    assert (keyed.access, keyed.access_key_id, keyed.secret_access_key) == ("role", "", "")


def test_a_changed_account_has_to_be_tested_again_and_keeps_its_external_id(account, alice):
    before = account.external_id
    services.change_account(account, AccountData("Main", "111111111111", role_name="other"), by(alice))

    account.refresh_from_db()
    assert (account.state, account.role_name, account.external_id) == ("untested", "other", before)


def test_an_account_in_which_environments_live_keeps_its_number(account, alice):
    factories.EnvironmentFactory(customer=account.customer, account=account)
    with pytest.raises(services.AccountInUse, match="Environments live in this account"):
        services.change_account(account, AccountData("Main", "222222222222"), by(alice))


def test_the_template_of_the_role_is_downloaded_with_the_account_of_the_portal(account, alice, browse, settings):
    settings.PORTAL_AWS_ACCOUNT_ID = "222222222222"
    answer = browse(alice).get(url("aws_account_template", account.pk))

    assert answer["Content-Disposition"] == 'attachment; filename="in4it-portal.yaml"'
    assert answer.content.decode() == role_template("222222222222", account.external_id, "in4it-portal")


def test_the_external_id_is_shown_only_to_those_who_manage(account, alice, bob, browse):
    assert account.external_id in browse(alice).get(account.get_absolute_url()).content.decode()
    assert account.external_id not in browse(bob).get(account.get_absolute_url()).content.decode()


@pytest.mark.localaws
def test_a_test_shows_every_check_and_connects_the_account(account, alice, browse, aws):
    _make_the_role(aws, account)
    answer = browse(alice).post(url("aws_account_test", account.pk), HTTP_HX_REQUEST="true")

    account.refresh_from_db()
    assert account.state == "connected", account.checks
    assert {str(each["name"]) for each in account.last_test} >= {"Access", "Network", "Clusters", "Changes"}
    text = answer.content.decode()
    assert "<html" not in text
    assert all(str(each["sentence"]) in text for each in account.last_test)
    assert AuditEvent.objects.filter(action="aws_account.tested").count() == 1


def _make_the_role(aws, account) -> None:
    stacks = aws("cloudformation")
    body = services.template_for(account)
    stacks.create_stack(StackName="in4it-portal", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
    stacks.get_waiter("stack_create_complete").wait(StackName="in4it-portal", WaiterConfig={"Delay": 1})


@pytest.mark.localaws
def test_an_access_to_another_account_is_told(acme, alice, aws):
    wrong = AccountData("Main", "333333333333", access="key", access_key_id="111111111111", secret_access_key="test")
    account = services.connect_account(acme, wrong, by(alice))
    services.test_account(account, by(alice))

    assert account.state == "failing"
    assert "belongs to account 111111111111, not to 333333333333" in str(account.last_test[0]["sentence"])


def test_an_aws_that_does_not_answer_is_a_check_that_failed(account, alice, browse, settings):
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{free_port()}"
    settings.PORTAL_AWS_ACCESS_KEY_ID, settings.PORTAL_AWS_SECRET_ACCESS_KEY = "222222222222", "test"
    answer = browse(alice).post(url("aws_account_test", account.pk))

    account.refresh_from_db()
    assert answer.url == account.get_absolute_url()
    assert account.state == "failing"
    assert "could not be reached" in browse(alice).get(account.get_absolute_url()).content.decode()


def test_a_test_that_ends_as_the_one_before_is_told_as_well(account, alice, settings):
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{free_port()}"
    settings.PORTAL_AWS_ACCESS_KEY_ID, settings.PORTAL_AWS_SECRET_ACCESS_KEY = "222222222222", "test"
    services.test_account(account, by(alice))
    first = account.checked_at
    services.test_account(account, by(alice))

    assert (account.state, account.checked_at > first) == ("failing", True)
    assert [(step.from_state, step.to_state) for step in account.steps] == [
        ("connected", "failing"),
        ("failing", "failing"),
    ]
    assert AuditEvent.objects.filter(action="aws_account.tested").count() == 2


def test_only_an_owner_may_change_and_strangers_see_nothing(account, bob, charlie, browse):
    pages = {
        "get": [url("aws_account_new"), url("aws_account_edit", account.pk), url("aws_account_template", account.pk)],
        "post": [url("aws_account_test", account.pk)],
    }
    for method, addresses in pages.items():
        for address in addresses:
            assert getattr(browse(bob), method)(address).status_code == 403
            assert getattr(browse(charlie), method)(address).status_code == 404
    assert browse(bob).get(account.get_absolute_url()).status_code == 200
    assert browse(charlie).get(account.get_absolute_url()).status_code == 404


def test_an_account_of_another_customer_is_not_found_under_ones_own(alice, browse):
    foreign = factories.AwsAccountFactory(account_id="999999999999")

    for name in ("aws_account", "aws_account_edit", "aws_account_template"):
        assert browse(alice).get(url(name, foreign.pk)).status_code == 404
    assert browse(alice).post(url("aws_account_test", foreign.pk)).status_code == 404
    assert "999999999999" not in browse(alice).get(url("aws_accounts")).content.decode()


def test_without_an_account_the_next_step_is_shown_to_those_who_can_take_it(alice, bob, browse):
    assert url("aws_account_new") in browse(alice).get(url("aws_accounts")).content.decode()
    assert url("aws_account_new") not in browse(bob).get(url("aws_accounts")).content.decode()


def test_the_list_asks_as_much_for_many_accounts_as_for_one(acme, alice, browse, django_assert_max_num_queries):
    for number in range(12):
        account = factories.AwsAccountFactory(customer=acme, account_id=f"{number:012d}", name=f"N{number}")
        factories.EnvironmentFactory(customer=acme, account=account, slug=f"e{number}")
    client = browse(alice)
    client.get(url("aws_accounts"))

    with django_assert_max_num_queries(8):
        answer = client.get(url("aws_accounts"))
    assert answer.content.decode().count("row-target") == 12


def test_an_account_that_is_not_tested_takes_no_environment(acme, account, alice):
    account.state = "failing"
    data = EnvironmentData(account=account, name="Dev", kind="dev", region="eu-west-1")
    with pytest.raises(UserError, match="Test the connection"):
        request_environment(acme, data, by(alice))


@pytest.mark.parametrize("changed", [{"secret_access_key": "another"}, {"role_name": "other", "access": "role"}])
def test_the_result_of_a_test_counts_only_for_the_access_that_was_tested(keyed, alice, monkeypatch, changed):
    def changed_meanwhile(session, account_id):
        services.change_account(AwsAccount.objects.get(pk=keyed.pk), AccountData(**(KEY | changed)), by(alice))
        return ConnectionReport(account_id, "", (Check(said("Access"), ok=True, sentence=said("Fine.")),))

    monkeypatch.setattr(services, "test_connection", changed_meanwhile)
    with pytest.raises(LostRace):
        services.test_account(keyed, by(alice))

    keyed.refresh_from_db()
    assert (keyed.state, keyed.checks) == ("untested", [])


def test_an_access_changed_while_its_test_ended_has_to_be_tested_again(keyed, alice):
    seen = AwsAccount.objects.get(pk=keyed.pk)  # untested then
    AwsAccount.objects.update(state="connected")
    services.change_account(seen, AccountData(**(KEY | {"secret_access_key": "another"})), by(alice))

    assert seen.state == "untested"


def test_a_refused_change_leaves_the_row_at_hand_as_it_is_stored(account, alice):
    factories.EnvironmentFactory(customer=account.customer, account=account)
    with pytest.raises(services.AccountInUse):
        services.change_account(account, AccountData("Renamed", "222222222222"), by(alice))

    assert (account.name, account.account_id) == ("Main", "111111111111")


def test_tests_are_limited_because_each_makes_the_portal_wait_for_aws(account, alice, browse, monkeypatch, settings):
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setattr(views, "TESTS", Limit("tests of AWS accounts", most=1, seconds=60))
    client = browse(alice)

    answers = [client.post(url("aws_account_test", account.pk)) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 429]
    assert "You sent more than 1 tests of AWS accounts in 1 minutes" in answers[1].content.decode()
    assert AuditEvent.objects.filter(action="aws_account.tested").count() == 1
