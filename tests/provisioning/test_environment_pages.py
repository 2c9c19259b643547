"""Pages of environments: what each person sees and may do, in each state."""

import pytest

from portal.core.errors import IllegalMove, UserError
from portal.core.models import AuditEvent
from portal.core.sentences import said
from provisioning import states
from provisioning.environments import services
from provisioning.environments.rules import EnvironmentData
from provisioning.environments.selectors import environments_of, sentence_of
from provisioning.facts import cluster_of, load_balancer_url
from provisioning.models import Environment
from tests import factories
from tests.callers import by
from tests.provisioning.place import at, dev, url

__all__ = ["dev"]

FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def form(account, **fields) -> dict[str, str]:
    return {
        "account": account.pk,
        "name": "QA",
        "kind": "qa",
        "region": "eu-west-1",
        "size": "small",
        **fields,
    }


def test_an_environment_is_requested_and_its_page_opened(acme, account, alice, browse):
    answer = browse(alice).post(url("environment_new"), form(account))

    row = Environment.objects.get()
    assert answer.url == url("environment", "qa")
    assert (row.state, row.aws_name, row.customer, row.created_by) == ("draft", "acme-qa", acme, alice)
    assert AuditEvent.objects.get(action="environment.requested").actor == alice


def test_a_request_sends_its_first_step_to_a_worker(account, alice, browse, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as sent:
        browse(alice).post(url("environment_new"), form(account))

    assert len(sent) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": "!!!"}, "Choose a name with letters or digits"),
        ({"name": "new"}, "Choose a name with letters or digits"),
        ({"name": ""}, "This field is required."),
        ({"kind": "huge"}, "huge is not one of the available choices"),
        ({"region": "moon-1"}, "moon-1 is not one of the available choices"),
    ],
)
def test_a_wrong_wish_is_explained_in_place(account, alice, browse, wrong, sentence):
    answer = browse(alice).post(url("environment_new"), form(account, **wrong), **FRAGMENT)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert not Environment.objects.exists()


def test_a_short_name_is_used_once_until_its_environment_is_deleted(dev, account, alice, browse):
    answer = browse(alice).post(url("environment_new"), form(account, name="Dev"))
    assert answer.status_code == 422
    assert "There is an environment with the short name" in answer.content.decode()

    at(dev, states.DELETED)
    assert browse(alice).post(url("environment_new"), form(account, name="Dev")).status_code == 302
    assert Environment.objects.filter(slug="dev").count() == 2


def test_an_account_of_another_customer_cannot_be_chosen(account, alice, browse):
    foreign = factories.AwsAccountFactory(account_id="999999999999")

    assert browse(alice).post(url("environment_new"), form(foreign)).status_code == 422
    data = EnvironmentData(account=foreign, name="QA", kind="qa", region="eu-west-1")
    with pytest.raises(UserError):
        services.request_environment(account.customer, data, by(alice))


@pytest.mark.parametrize("status", [None, "untested", "failing"])
def test_without_a_tested_account_the_way_to_one_is_shown(acme, alice, browse, status):
    if status:
        factories.AwsAccountFactory(customer=acme, state=status)

    for page in ("environments", "environment_new"):
        text = browse(alice).get(url(page)).content.decode()
        assert "Connect your AWS account first" in text
        assert url("aws_accounts") in text


def test_cards_show_state_sentence_and_address(dev, alice, browse):
    text = browse(alice).get(url("environments")).content.decode()

    assert "Development" in text
    assert "Ready" in text
    assert "Services can be deployed to it." in text
    assert "http://acme-dev.elb.example/" in text


def test_environments_are_listed_from_development_to_production(acme, account):
    for slug, kind in (("live", "production"), ("qa", "qa"), ("dev", "dev")):
        factories.EnvironmentFactory(customer=acme, account=account, slug=slug, kind=kind)
    factories.EnvironmentFactory(customer=acme, account=account, slug="gone", state="deleted")

    assert [row.slug for row in environments_of(acme)] == ["dev", "qa", "live"]


def test_a_plan_shows_its_resources_and_costs_and_who_may_approve_it(dev, alice, bob, browse):
    plan = [{"logical_id": "NatGatewayA", "type": "AWS::EC2::NatGateway", "action": "Add", "purpose": "Lets hosts out"}]
    at(dev, states.PLANNED, plan=plan)
    seen_by_alice = browse(alice).get(dev.get_absolute_url()).content.decode()
    seen_by_bob = browse(bob).get(dev.get_absolute_url()).content.decode()

    assert "Lets hosts out" in seen_by_alice
    assert "One outgoing gateway: by the hour" in seen_by_alice
    assert url("environment_approve", "dev") in seen_by_alice
    assert url("environment_approve", "dev") not in seen_by_bob
    assert "An owner can approve this plan." in seen_by_bob


def test_an_approved_plan_starts_and_names_who_approved_it(dev, alice, browse, django_capture_on_commit_callbacks):
    at(dev, states.PLANNED)
    with django_capture_on_commit_callbacks() as sent:
        answer = browse(alice).post(url("environment_approve", "dev"))

    dev.refresh_from_db()
    assert (answer.status_code, dev.state, len(sent)) == (302, "creating", 1)
    assert dev.steps.get().actor_name == "Alice"


@pytest.mark.parametrize("state", sorted({*states.MOVES, states.DELETED} - {states.PLANNED}))
def test_only_a_plan_that_waits_can_be_approved(dev, alice, state):
    with pytest.raises(IllegalMove):
        services.approve(at(dev, state), by(alice))

    dev.refresh_from_db()
    assert dev.state == state


@pytest.mark.parametrize("state", sorted({*states.MOVES, states.DELETED} - states.RETRYABLE))
def test_only_what_failed_or_waits_can_be_planned_again(dev, alice, state):
    with pytest.raises(IllegalMove):
        services.retry(at(dev, state), by(alice))


def test_a_second_click_on_approve_changes_nothing_and_shows_where_it_stands(dev, alice, browse):
    at(dev, states.PLANNED)
    client = browse(alice)
    client.post(url("environment_approve", "dev"))
    answer = client.post(url("environment_approve", "dev"), follow=True)

    assert answer.status_code == 200
    assert "has no plan that waits for approval" in answer.content.decode()
    assert dev.steps.count() == 1


def test_progress_is_a_fragment_that_polls_itself(dev, alice, browse):
    at(dev, states.CREATING)
    answer = browse(alice).get(dev.get_absolute_url(), **FRAGMENT)
    text = answer.content.decode()

    assert answer.status_code == 200
    assert 'hx-trigger="every 2s"' in text
    assert "<html" not in text
    assert 'value="1" max="3"' in text
    assert "Why Cluster" in text
    assert answer["Vary"].lower().count("hx-request") == 1


def test_polling_ends_with_the_last_fragment_and_a_toast(dev, alice, browse):
    answer = browse(alice).get(dev.get_absolute_url(), **FRAGMENT)

    assert answer.status_code == 286
    assert "every 2s" not in answer.content.decode()
    assert "is ready" in answer["HX-Trigger"]


def test_a_reload_shows_the_same_as_the_fragments(dev, alice, browse):
    at(dev, states.CREATING)
    text = browse(alice).get(dev.get_absolute_url()).content.decode()

    assert "<html" in text
    assert 'value="1" max="3"' in text


def test_a_ready_environment_shows_its_address_and_the_details_one_click_deeper(dev, alice, browse):
    text = browse(alice).get(dev.get_absolute_url()).content.decode()

    assert load_balancer_url(dev) == "http://acme-dev.elb.example/"
    assert "http://acme-dev.elb.example/" in text
    assert text.index("<details>") < text.index("/in4it/acme-dev")


def test_a_failure_shows_cause_advice_and_a_way_on(dev, alice, bob, browse):
    at(dev, states.FAILED, reason=said("The network (Vpc) could not be made: limit."), advice=said("Ask AWS for more."))
    text = browse(alice).get(dev.get_absolute_url()).content.decode()

    assert "The network (Vpc) could not be made: limit." in text
    assert "Ask AWS for more." in text
    assert url("environment_retry", "dev") in text
    assert url("environment_retry", "dev") not in browse(bob).get(dev.get_absolute_url()).content.decode()


def test_a_retry_is_a_change_of_its_own(dev, alice, browse):
    at(dev, states.FAILED, change_set_id="old", advice=said("Ask AWS for more."))
    browse(alice).post(url("environment_retry", "dev"))

    dev.refresh_from_db()
    tried, anew = dev.changes.all()
    assert (dev.state, dev.change, tried.state) == ("planning", anew, "failed")
    assert (anew.state, anew.kind, anew.change_set_id, str(anew.advice)) == ("queued", "create", "", "")
    assert anew.token != tried.token


def test_a_retry_forgets_nothing_of_what_stands_until_aws_plans_anew(dev, alice):
    """What runs there has to be stopped when the environment is deleted after all."""
    services.retry(at(dev, states.ERRORED), by(alice))

    dev.refresh_from_db()
    assert cluster_of(dev) == "acme-dev"


def test_our_own_errors_show_their_traceback_to_engineers_only(dev, alice, erin, browse):
    at(dev, states.ERRORED, reason=said("Something went wrong on our side."), traceback="Traceback: KeyError")

    assert "KeyError" in browse(erin).get(dev.get_absolute_url()).content.decode()
    assert "KeyError" not in browse(alice).get(dev.get_absolute_url()).content.decode()


def test_only_an_owner_may_change_and_strangers_see_nothing(dev, bob, charlie, fred, browse):
    pages = [("get", url("environment_new")), ("get", url("environment_delete", "dev"))]
    pages += [("post", url(f"environment_{name}", "dev")) for name in ("approve", "retry", "delete")]
    for method, address in pages:
        assert getattr(browse(bob), method)(address).status_code == 403
        assert getattr(browse(fred), method)(address).status_code == 403
        assert getattr(browse(charlie), method)(address).status_code == 404
    for address in (url("environments"), dev.get_absolute_url()):
        assert browse(bob).get(address).status_code == 200
        assert browse(charlie).get(address).status_code == 404


@pytest.mark.parametrize("name", ["environment_approve", "environment_retry"])
def test_following_a_link_changes_nothing(dev, alice, browse, name):
    assert browse(alice).get(url(name, "dev")).status_code == 405


def test_an_environment_of_another_customer_is_not_found_under_ones_own(alice, browse):
    factories.EnvironmentFactory(slug="theirs", name="Theirs")

    assert browse(alice).get(url("environment", "theirs")).status_code == 404
    assert browse(alice).get(url("environment_delete", "theirs")).status_code == 404
    assert browse(alice).post(url("environment_approve", "theirs")).status_code == 404
    assert "Theirs" not in browse(alice).get(url("environments")).content.decode()


def test_pages_ask_as_much_for_many_rows_as_for_few(dev, alice, browse, django_assert_max_num_queries):
    for number in range(15):
        factories.EnvironmentFactory(customer=dev.customer, account=dev.account, slug=f"e{number}")
    client = browse(alice)
    client.get(url("environments"))

    with django_assert_max_num_queries(8):
        client.get(url("environments"))
    with django_assert_max_num_queries(8):
        client.get(dev.get_absolute_url())


@pytest.mark.parametrize("state", sorted({*states.MOVES, states.DELETED}))
def test_every_state_has_a_page_that_says_where_the_environment_stands(dev, alice, browse, state):
    told_by_the_move = state in {states.FAILED, states.ERRORED, states.DELETE_FAILED}
    at(dev, state, reason=said("It went wrong." if told_by_the_move else ""))

    sentence = sentence_of(dev)

    assert sentence.endswith(".")
    assert sentence in browse(alice).get(dev.get_absolute_url()).content.decode()
