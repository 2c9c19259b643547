"""What a change asks of AWS, where only a scripted AWS can answer so: tokens, and roll-backs that fail."""

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from provisioning import tasks
from provisioning.aws.session import forget_clients
from provisioning.changes import services as changes
from provisioning.changes import states as change_states
from provisioning.sessions import session_for
from tests import factories

pytestmark = pytest.mark.django_db
STACK = "arn:aws:cloudformation:eu-west-1:111111111111:stack/acme-dev/1"


@pytest.fixture
def place(acme, settings):
    """A ready environment in an account with a key, and its main stack."""
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"  # nobody answers but the script
    account = factories.AwsAccountFactory(
        customer=acme, access="key", access_key_id="111111111111", secret_access_key="x"
    )
    yield factories.StackFactory(environment__customer=acme, environment__account=account, stack_id=STACK)
    forget_clients()


@contextmanager
def scripted(stack):
    with Stubber(session_for(stack.environment.account, "eu-west-1").client("cloudformation")) as aws:
        yield aws
        aws.assert_no_pending_responses()


def found(status: str) -> dict:
    said = {"StackName": "acme-dev", "StackId": STACK, "StackStatus": status, "StackStatusReason": "It broke."}
    return {"Stacks": [said | {"CreationTime": datetime(2026, 5, 1, tzinfo=UTC)}]}


def look(aws: Stubber, status: str, execution: str = "") -> None:
    """AWS answers a look at the stack, and at how far its plan is carried out."""
    aws.add_response("describe_stacks", found(status))
    aws.add_response("list_stack_resources", {"StackResourceSummaries": []})
    if execution:
        said = {"ChangeSetId": "set", "Status": "CREATE_COMPLETE", "ExecutionStatus": execution, "Changes": []}
        aws.add_response("describe_change_set", said)


def change(stack, **fields):
    return factories.StackChangeFactory(stack=stack, environment=stack.environment, **fields)


def executed(stack):
    """An update that AWS was asked to carry out."""
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    return change(stack, state=change_states.APPLYING, change_set_id="set", executed_at=noon)


def step(row) -> None:
    row.refresh_from_db()
    tasks.step_change(row.pk, row.seq)
    row.refresh_from_db()


def test_each_deletion_is_a_request_of_its_own_and_its_repetition_is_the_same_one(place, alice):
    """AWS remembers tokens: one that served before would delete nothing."""
    tokens = []
    for _ in range(2):
        row = changes.new_change(place, change_states.REMOVE, alice)
        step(row)
        with scripted(place) as aws:
            for _ in range(2):
                look(aws, "CREATE_COMPLETE")
                aws.add_response("delete_stack", {}, {"StackName": STACK, "ClientRequestToken": f"delete-{row.token}"})
            step(row)
            step(row)
        tokens.append(row.token)
        type(row).objects.filter(pk=row.pk).update(state=change_states.FAILED)

    assert len(set(tokens)) == 2


def test_a_roll_back_that_fails_ends_the_change_with_what_aws_says(place):
    row = change(place, state=change_states.ROLLING_BACK, change_set_id="set")
    with scripted(place) as aws:
        look(aws, "UPDATE_ROLLBACK_FAILED")
        step(row)

    assert (row.state, row.reason) == ("failed", "AWS could not take the change back: It broke.")
    assert row.advice


def test_the_next_update_goes_on_with_a_roll_back_that_failed_before_it_plans(place):
    row = change(place, state=change_states.PLANNING)
    with scripted(place) as aws:
        aws.add_response("describe_stacks", found("UPDATE_ROLLBACK_FAILED"))
        aws.add_response(
            "continue_update_rollback", {}, {"StackName": STACK, "ClientRequestToken": f"continue-{row.token}"}
        )
        aws.add_response("describe_stacks", found("UPDATE_ROLLBACK_IN_PROGRESS"))
        step(row)
        step(row)

    assert (row.state, row.change_set_id) == ("planning", "")


def test_a_plan_that_aws_has_not_begun_yet_is_waited_for(place):
    """Right after it was asked for, AWS may still show the stack as it was."""
    row = executed(place)
    with scripted(place) as aws:
        for said in ("AVAILABLE", "EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"):
            assert row.state == change_states.APPLYING
            look(aws, "UPDATE_COMPLETE", said)
            step(row)

    assert row.state == "done"


def test_a_plan_that_was_overtaken_is_not_taken_for_done(place):
    row = executed(place)
    with scripted(place) as aws:
        look(aws, "UPDATE_COMPLETE", "OBSOLETE")
        step(row)

    assert (row.state, row.advice) == ("failed", "Make a new plan.")


def test_a_roll_back_that_ended_between_two_looks_is_told(place):
    row = executed(place)
    with scripted(place) as aws:
        look(aws, "UPDATE_ROLLBACK_COMPLETE", "EXECUTE_FAILED")
        aws.add_response("describe_stack_events", {"StackEvents": []})
        step(row)
        look(aws, "UPDATE_ROLLBACK_COMPLETE", "EXECUTE_FAILED")
        step(row)

    assert [each.to_state for each in row.steps] == ["rolling_back", "rolled_back"]
    assert row.reason == "AWS takes the change back: It broke."
