"""Pages of environments: what each person sees and may do, in each state."""

import pytest
from django.db import connection
from django.urls import reverse

from portal.core.errors import IllegalMove, LostRace, UserError
from portal.core.models import AuditEvent
from provisioning import states
from provisioning.changes import states as change_states
from provisioning.environments import services
from provisioning.environments.rules import EnvironmentData
from provisioning.environments.selectors import environments_of, sentence_of
from provisioning.facts import cluster_of, load_balancer_url
from provisioning.models import Environment, StackChange, StackResource
from tests import factories

FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def url(name: str, *args) -> str:
    return reverse(name, args=["acme", *args])


@pytest.fixture
def dev(acme, account):
    """An environment of Acme; give it a state with `at`."""
    row = factories.EnvironmentFactory(customer=acme, account=account)
    stack = factories.carried(row, state=change_states.DONE).stack
    rows = [
        StackResource(stack=stack, logical_id=name, type="AWS::EC2::VPC", purpose=f"Why {name}", status=status)
        for name, status in (("Vpc", "CREATE_COMPLETE"), ("Cluster", "CREATE_IN_PROGRESS"), ("Hosts", "PLANNED"))
    ]
    StackResource.objects.bulk_create(rows)
    return row


CHANGES = {  # what the change an environment's life depends on does while the environment is in a state
    states.DRAFT: ("create", change_states.QUEUED),
    states.PLANNING: ("create", change_states.PLANNING),
    states.PLANNED: ("create", change_states.PLANNED),
    states.CREATING: ("create", change_states.APPLYING),
    states.READY: ("create", change_states.DONE),
    states.FAILED: ("create", change_states.FAILED),
    states.ERRORED: ("create", change_states.ERRORED),
    states.DELETING: ("remove", change_states.REMOVING),
    states.DELETE_FAILED: ("remove", change_states.FAILED),
    states.DELETED: ("remove", change_states.DONE),
}


def at(row: Environment, state: str, reason: str = "", **fields) -> Environment:
    """The environment in that state; `fields` are those of its change."""
    kind, standing = CHANGES[state]
    StackChange.objects.filter(pk=row.change_id).update(kind=kind, state=standing, reason=reason, **fields)
    Environment.objects.filter(pk=row.pk).update(state=state, reason=reason)
    row.refresh_from_db()
    return row


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
        services.request_environment(account.customer, data, alice)


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
        services.approve(at(dev, state), alice)

    dev.refresh_from_db()
    assert dev.state == state


@pytest.mark.parametrize("state", sorted({*states.MOVES, states.DELETED} - states.RETRYABLE))
def test_only_what_failed_or_waits_can_be_planned_again(dev, alice, state):
    with pytest.raises(IllegalMove):
        services.retry(at(dev, state), alice)


def test_a_second_click_on_approve_changes_nothing_and_shows_where_it_stands(dev, alice, browse):
    at(dev, states.PLANNED)
    client = browse(alice)
    client.post(url("environment_approve", "dev"))
    answer = client.post(url("environment_approve", "dev"), follow=True)

    assert answer.status_code == 200
    assert "has no plan that waits for approval" in answer.content.decode()
    assert dev.steps.count() == 1


def test_of_two_who_delete_at_once_one_is_told(dev, alice):
    again = Environment.objects.get(pk=dev.pk)
    services.request_deletion(dev, "Development", alice)
    with pytest.raises(LostRace):
        services.request_deletion(again, "Development", alice)


@pytest.mark.parametrize("state", [states.PLANNED, states.FAILED])
@pytest.mark.parametrize("act", [services.retry, lambda row, by: services.request_deletion(row, "Development", by)])
def test_changes_are_held_before_their_environment_as_workers_hold_them(dev, alice, state, act):
    """A worker moves a change and with it the environment: in the other order the two would wait for each other."""
    row, asked = at(dev, state), []

    def note(execute, sql, params, many, context):
        asked.extend(table for table in ("stackchange", "environment") if f'FROM "provisioning_{table}"' in sql)
        asked.extend(table for table in ("stackchange", "environment") if f'UPDATE "provisioning_{table}"' in sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        act(row, alice)

    assert (asked[0], set(asked)) == ("stackchange", {"stackchange", "environment"})


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
    at(dev, states.FAILED, reason="The network (Vpc) could not be made: limit.", advice="Ask AWS for more.")
    text = browse(alice).get(dev.get_absolute_url()).content.decode()

    assert "The network (Vpc) could not be made: limit." in text
    assert "Ask AWS for more." in text
    assert url("environment_retry", "dev") in text
    assert url("environment_retry", "dev") not in browse(bob).get(dev.get_absolute_url()).content.decode()


def test_a_retry_is_a_change_of_its_own(dev, alice, browse):
    at(dev, states.FAILED, change_set_id="old", advice="Ask AWS for more.")
    browse(alice).post(url("environment_retry", "dev"))

    dev.refresh_from_db()
    tried, anew = dev.changes.all()
    assert (dev.state, dev.change, tried.state) == ("planning", anew, "failed")
    assert (anew.state, anew.kind, anew.change_set_id, anew.advice) == ("queued", "create", "", "")
    assert anew.token != tried.token


def test_a_retry_forgets_nothing_of_what_stands_until_aws_plans_anew(dev, alice):
    """What runs there has to be stopped when the environment is deleted after all."""
    services.retry(at(dev, states.ERRORED), alice)

    dev.refresh_from_db()
    assert cluster_of(dev) == "acme-dev"


def test_our_own_errors_show_their_traceback_to_engineers_only(dev, alice, erin, browse):
    at(dev, states.ERRORED, reason="Something went wrong on our side.", traceback="Traceback: KeyError")

    assert "KeyError" in browse(erin).get(dev.get_absolute_url()).content.decode()
    assert "KeyError" not in browse(alice).get(dev.get_absolute_url()).content.decode()


def test_a_deletion_says_first_what_would_be_lost(dev, alice, browse):
    service = factories.ServiceFactory(customer=dev.customer, account=dev.account, name="shop-api")
    factories.PlacementFactory(service=service, environment=dev, running=2)
    text = browse(alice).get(url("environment_delete", "dev")).content.decode()

    assert "<strong>shop-api</strong>: 2 running" in text
    assert "Why Vpc" in text
    assert "Why Hosts" not in text  # only planned: nothing to lose


@pytest.mark.parametrize("typed", ["", "dev", "development"])
def test_a_deletion_wants_the_exact_name(dev, alice, browse, typed):
    answer = browse(alice).post(url("environment_delete", "dev"), {"name": typed}, **FRAGMENT)

    dev.refresh_from_db()
    assert (answer.status_code, dev.state) == (422, "ready")
    assert "Type Development exactly" in answer.content.decode()


def test_a_deletion_with_the_name_starts(dev, alice, browse, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as sent:
        answer = browse(alice).post(url("environment_delete", "dev"), {"name": "Development"})

    dev.refresh_from_db()
    assert (answer.url, dev.state, len(sent)) == (dev.get_absolute_url(), "deleting", 1)


def test_what_aws_works_on_cannot_be_deleted_meanwhile(dev, alice, browse):
    at(dev, states.CREATING)

    assert (
        "cannot be deleted while AWS works on it"
        in browse(alice).get(url("environment_delete", "dev")).content.decode()
    )
    assert browse(alice).post(url("environment_delete", "dev"), {"name": "Development"}).status_code == 422


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
    with django_assert_max_num_queries(9):
        client.get(dev.get_absolute_url())


@pytest.mark.parametrize("state", sorted({*states.MOVES, states.DELETED}))
def test_every_state_has_a_page_that_says_where_the_environment_stands(dev, alice, browse, state):
    told_by_the_move = state in {states.FAILED, states.ERRORED, states.DELETE_FAILED}
    at(dev, state, reason="It went wrong." if told_by_the_move else "")

    sentence = sentence_of(dev)

    assert sentence.endswith(".")
    assert sentence in browse(alice).get(dev.get_absolute_url()).content.decode()


def deployed_to(row: Environment, state: str):
    service = factories.ServiceFactory(customer=row.customer, account=row.account)
    return factories.DeploymentFactory(placement__environment=row, placement__service=service, state=state)


@pytest.mark.parametrize("rollout", ["queued", "preparing", "rolling", "rolling_back"])
def test_an_environment_to_which_something_is_being_deployed_is_not_deleted(dev, alice, browse, rollout):
    deployment = deployed_to(dev, rollout)

    answer = browse(alice).post(url("environment_delete", "dev"), {"name": "Development"})

    dev.refresh_from_db()
    assert (answer.status_code, dev.state) == (422, states.READY)
    assert f"{deployment.service} is being deployed to Development." in answer.content.decode()


def test_rollouts_that_ended_do_not_keep_an_environment(dev, alice):
    deployed_to(dev, "failed")

    services.request_deletion(dev, "Development", alice)

    assert dev.state == states.DELETING
