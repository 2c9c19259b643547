"""Stacks of an environment that is ready: added, changed, taken back and removed, while it stays ready."""

from contextlib import contextmanager

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from portal.core.errors import Busy, IllegalMove, LostRace
from portal.core.models import AuditEvent
from provisioning import states
from provisioning.aws.session import forget_clients
from provisioning.changes import services as changes
from provisioning.changes.selectors import resources_of
from provisioning.environments import services
from provisioning.environments.selectors import progress_of
from provisioning.facts import read
from provisioning.models import Stack, StackChange
from tests import factories
from tests.callers import by
from tests.provisioning.conftest import drive, drive_change, moves, running_aws, step_change

pytestmark = [pytest.mark.localaws, pytest.mark.django_db]

WEEK, FORTNIGHT = {"Name": "/in4it/acme", "Days": "7"}, {"Name": "/in4it/acme", "Days": "14"}


@pytest.fixture
def place(acme, account, journal):
    """A ready environment, in which only further stacks matter."""
    environment = factories.EnvironmentFactory(customer=acme, account=account)
    factories.carried(environment, state="done")
    return environment


@pytest.fixture
def added(aws, place, journal, alice):
    """The environment's second stack, made by AWS."""
    change = drive_change(changes.request_stack(place, journal, WEEK, by(alice)))
    changes.approve_change(change, by(alice))
    assert drive_change(change).state == "done", str(change.reason)
    yield change.stack
    aws("cloudformation").delete_stack(StackName=change.stack.name)
    aws("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName=change.stack.name, WaiterConfig={"Delay": 1}
    )


def days(aws) -> int:
    """For how long AWS keeps the journal."""
    return aws("logs").describe_log_groups(logGroupNamePrefix="/in4it/acme")["logGroups"][0]["retentionInDays"]


def update(stack: Stack, parameters: dict[str, str], actor) -> StackChange:
    """A change that is planned."""
    return drive_change(changes.request_update(Stack.objects.get(pk=stack.pk), parameters, by(actor)))


def test_a_further_stack_is_planned_approved_and_made(aws, added, place):
    change = added.changes.get()

    assert moves(change) == ["planning", "planned", "applying", "done"]
    assert [(each["logical_id"], each["action"]) for each in change.plan] == [("Journal", "Add"), ("News", "Add")]
    added.refresh_from_db()
    assert (added.name, added.outputs, added.parameters) == (
        "acme-dev-journal",
        {"JournalName": "/in4it/acme"},
        WEEK,
    )
    place.refresh_from_db()
    assert (place.state, moves(place), place.change.stack.template) == (states.READY, [], "environment")
    assert {each.look for each in resources_of(place)} == {"ready"}


def test_what_was_done_to_a_stack_is_in_the_log_once(added, alice):
    told = AuditEvent.objects.filter(target_kind="provisioning.stackchange").order_by("id")

    assert list(told.values_list("action", "actor_name")) == [
        ("stack.create_requested", "Alice"),
        ("stack.create_planning", "portal"),
        ("stack.create_planned", "portal"),
        ("stack.create_applying", "Alice"),
        ("stack.create_done", "portal"),
    ]
    assert {event.customer for event in told} == {added.customer}


def test_an_update_changes_the_stack_and_the_environment_stays_ready(aws, added, place, alice):
    change = update(added, FORTNIGHT, alice)
    assert (change.state, {each["action"] for each in change.plan}) == ("planned", {"Modify"})
    assert days(aws) == 7

    changes.approve_change(change, by(alice))
    states_seen = set()
    drive_change(change, until=lambda _: place.refresh_from_db() or states_seen.add(place.state) or False)

    assert (change.state, days(aws), states_seen) == ("done", 14, {states.READY})
    added.refresh_from_db()
    assert added.parameters == FORTNIGHT


def test_an_update_with_nothing_to_change_is_done_and_says_so(added, alice):
    change = update(added, WEEK, alice)

    assert (change.state, moves(change)) == ("done", ["planning", "done"])
    assert str(change.reason) == "There was nothing to change: the stack is as it should be already."


def test_an_update_that_fails_is_taken_back_by_aws_and_says_why(aws, added, alice):
    change = update(added, FORTNIGHT | {"Failing": "yes"}, alice)
    changes.approve_change(change, by(alice))
    drive_change(change)

    assert moves(change) == ["planning", "planned", "applying", "rolling_back", "rolled_back"]
    assert str(change.reason) == (
        "The WaitCondition (Signal) could not be changed: WaitCondition timed out. "
        "Received 0 conditions when expecting 1."
    )
    assert str(change.advice) == "AWS took too long. That is usually passing: try again."
    assert days(aws) == 7
    added.refresh_from_db()
    assert added.parameters == WEEK
    assert update(added, FORTNIGHT, alice).state == "planned"


def test_a_plan_that_is_discarded_changes_nothing_and_another_can_be_made(aws, added, alice):
    change = update(added, FORTNIGHT, alice)
    with pytest.raises(Busy, match="acme-dev-journal is being changed already"):
        changes.request_update(added, WEEK, by(alice))

    changes.discard_change(change, by(alice))

    assert (change.state, days(aws)) == ("discarded", 7)
    assert update(added, FORTNIGHT, alice).state == "planned"


def test_of_two_who_decide_at_once_about_a_plan_the_second_is_told(added, alice):
    change = update(added, FORTNIGHT, alice)
    again = StackChange.objects.get(pk=change.pk)
    changes.approve_change(change, by(alice))

    with pytest.raises(LostRace):
        changes.discard_change(again, by(alice))
    assert drive_change(change).state == "done"


def test_a_plan_that_somebody_elses_change_overtook_is_not_carried_out(aws, added, alice):
    change = update(added, FORTNIGHT, alice)
    aws("cloudformation").update_stack(
        StackName=added.name,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (WEEK | {"Days": "30"}).items()],
    )
    aws("cloudformation").get_waiter("stack_update_complete").wait(StackName=added.name, WaiterConfig={"Delay": 1})
    changes.approve_change(change, by(alice))
    drive_change(change)

    assert (change.state, days(aws)) == ("failed", 30), str(change.reason)


def test_a_stack_removed_by_hand_cannot_be_changed_and_is_told(aws, added, alice):
    aws("cloudformation").delete_stack(StackName=added.name)
    aws("cloudformation").get_waiter("stack_delete_complete").wait(StackName=added.stack_id, WaiterConfig={"Delay": 1})
    change = update(added, FORTNIGHT, alice)

    assert change.state == "failed"
    assert (
        str(change.reason) == "The stack of the environment was removed outside the portal before it could be changed."
    )


def test_a_further_stack_is_removed_and_can_be_added_again(aws, added, place, alice, journal):
    change = changes.request_removal(Stack.objects.get(pk=added.pk), by(alice))
    drive_change(change)

    assert (change.state, moves(change)) == ("done", ["removing", "done"])
    assert list(resources_of(place)) == []
    place.refresh_from_db()
    assert place.state == states.READY
    assert changes.request_stack(place, journal, WEEK, by(alice)).stack.pk != added.pk


def test_a_stack_that_exists_is_not_added_again(added, place, alice, journal):
    for template in (journal, "environment"):
        with pytest.raises(IllegalMove, match="has a stack of that kind already"):
            changes.request_stack(place, template, WEEK, by(alice))


def test_a_stack_that_aws_never_made_is_not_updated(aws, place, alice, journal):
    change = drive_change(changes.request_stack(place, journal, WEEK, by(alice)))
    changes.discard_change(change, by(alice))
    with pytest.raises(IllegalMove, match="does not exist at AWS"):
        changes.request_update(change.stack, FORTNIGHT, by(alice))

    assert list(resources_of(place)) == []
    again = drive_change(changes.request_stack(place, journal, WEEK, by(alice)))
    assert (again.state, again.stack) == ("planned", change.stack)
    changes.discard_change(again, by(alice))
    drive_change(changes.request_removal(change.stack, by(alice)))


def test_what_an_environment_waits_for_is_not_discarded_beside_it(place, alice):
    change = factories.carried(place, state="planned")
    with pytest.raises(IllegalMove, match="Delete the environment instead"):
        changes.discard_change(change, by(alice))


def test_after_an_update_everything_still_looks_ready_and_facts_are_those_of_all_stacks(aws, added, place, alice):
    change = update(added, FORTNIGHT, alice)
    changes.approve_change(change, by(alice))
    drive_change(change)

    rows = list(resources_of(place))
    place.refresh_from_db()
    assert (progress_of(place, rows).done, len(rows)) == (2, 2)
    assert place.aws_facts == read(factories.OUTPUTS)


def test_the_main_stack_goes_with_its_environment_only(place, alice):
    with pytest.raises(IllegalMove, match="Delete the environment instead"):
        changes.request_removal(place.stacks.get(), by(alice))


@pytest.mark.parametrize("state", sorted({*states.MOVES, states.DELETED} - {states.READY}))
def test_stacks_are_added_and_changed_only_where_the_environment_is_ready(place, alice, state, journal):
    stack = factories.StackFactory(environment=place, template=journal)
    type(place).objects.filter(pk=place.pk).update(state=state)

    for ask in (
        lambda: changes.request_stack(place, "another", {}, by(alice)),
        lambda: changes.request_update(stack, WEEK, by(alice)),
        lambda: changes.request_removal(stack, by(alice)),
    ):
        with pytest.raises(IllegalMove, match="is not ready"):
            ask()
    assert StackChange.objects.count() == 1


def test_an_environment_is_not_deleted_while_one_of_its_stacks_changes(place, added, alice):
    change = update(added, FORTNIGHT, alice)
    changes.approve_change(change, by(alice))

    with pytest.raises(Busy, match="Update of acme-dev-journal is under way"):
        services.request_deletion(place, place.name, by(alice))

    place.refresh_from_db()
    assert place.state == states.READY
    drive_change(change)


def test_a_deletion_discards_plans_and_removes_every_stack_the_last_one_first(aws, place, added, alice):
    change = update(added, FORTNIGHT, alice)
    main = place.stacks.get(template="environment")
    services.request_deletion(place, place.name, by(alice))

    change.refresh_from_db()
    assert (change.state, place.change.stack) == ("discarded", added)
    drive(place)

    assert place.state == states.DELETED, str(place.reason)
    assert moves(place) == ["deleting", "deleted"]
    removals = StackChange.objects.filter(kind="remove").order_by("id")
    assert [(each.stack, each.state) for each in removals] == [(added, "done"), (main, "done")]


def test_a_further_stack_that_cannot_be_removed_keeps_the_environment_from_being_deleted(aws, place, added, alice):
    aws("cloudformation").update_termination_protection(StackName=added.name, EnableTerminationProtection=True)
    services.request_deletion(place, place.name, by(alice))
    with refusing("DeleteStack"):
        drive(place)

    assert place.state == "delete_failed"
    assert str(place.reason).startswith("AWS does not allow the portal to delete the environment.")
    assert place.stacks.get(template="environment").removed_at is None

    services.request_deletion(place, place.name, by(alice))
    assert drive(place).state == states.DELETED


@contextmanager
def refusing(operation: str):
    """AWS does not allow this."""
    plain = BaseClient._make_api_call

    def call(client, name, kwargs):
        if name == operation:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, name)
        return plain(client, name, kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield


@pytest.fixture
def slow_aws(tmp_path, settings, aws):
    """A local AWS in which each resource takes a second."""
    with running_aws(tmp_path, pace=1.0) as url:
        settings.AWS_ENDPOINT_URL = url
        forget_clients()
        yield


def test_a_person_takes_a_running_update_back(slow_aws, place, journal, alice):
    change = drive_change(changes.request_stack(place, journal, WEEK, by(alice)))
    with pytest.raises(IllegalMove, match="cannot be taken back"):
        changes.roll_back_change(change, by(alice))
    changes.approve_change(change, by(alice))
    drive_change(change)
    change = update(change.stack, FORTNIGHT, alice)
    changes.approve_change(change, by(alice))
    step_change(change)

    changes.roll_back_change(change, by(alice))
    drive_change(change)

    assert moves(change) == ["planning", "planned", "applying", "rolling_back", "rolled_back"]
    assert str(change.reason) == "Alice asked for the change to be taken back."
    change.stack.refresh_from_db()
    assert change.stack.parameters == WEEK


def test_an_update_taken_back_before_aws_began_is_never_carried_out(aws, added, alice):
    change = update(added, FORTNIGHT, alice)
    changes.approve_change(change, by(alice))
    changes.roll_back_change(change, by(alice))
    drive_change(change)

    assert (change.state, days(aws)) == ("rolled_back", 7)
    kept = aws("cloudformation").list_change_sets(StackName=added.name)["Summaries"]
    assert change.change_set_id not in {each["ChangeSetId"] for each in kept}


def test_an_update_that_was_faster_than_the_wish_to_take_it_back_is_done(aws, added, alice):
    change = update(added, FORTNIGHT, alice)
    changes.approve_change(change, by(alice))
    step_change(change)
    aws("cloudformation").get_waiter("stack_update_complete").wait(StackName=added.name, WaiterConfig={"Delay": 1})
    changes.roll_back_change(change, by(alice))
    drive_change(change)

    assert (change.state, days(aws)) == ("done", 14)
    assert str(change.reason) == "AWS had finished the change before it could be taken back."
