"""What a change asks of AWS, where only a scripted AWS can answer so: tokens, and roll-backs that fail."""

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from portal.core.sentences import said
from provisioning import tasks
from provisioning.aws.session import forget_clients
from provisioning.changes import services as changes
from provisioning.changes import states as change_states
from provisioning.sessions import session_for
from tests import factories
from tests.callers import by

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
        row = changes.new_change(place, change_states.REMOVE, by(alice))
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

    assert (row.state, str(row.reason)) == ("failed", "AWS could not take the change back: It broke.")
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

    assert (row.state, str(row.advice)) == ("failed", "Make a new plan.")


@pytest.mark.parametrize("said", ["OBSOLETE", "", "EXECUTE_FAILED"])
def test_an_update_is_done_only_when_aws_says_so_of_its_plan(place, said):
    """The stack looked complete before it as well."""
    row = executed(place)
    with scripted(place) as aws:
        look(aws, "UPDATE_COMPLETE", said)
        if not said:
            aws.add_client_error("describe_change_set", "ChangeSetNotFound", "gone")
        if said == "EXECUTE_FAILED":
            aws.add_response("describe_stack_events", {"StackEvents": []})
        step(row)

    place.refresh_from_db()
    assert (row.state, place.parameters) == ("failed", {})


def test_an_update_that_was_taken_back_while_its_worker_was_dead_tells_why(place):
    """The worker died between its request and noting it: AWS answers that the plan failed."""
    row = change(place, state=change_states.APPLYING, change_set_id="set")
    said = {"ChangeSetId": "set", "Status": "CREATE_COMPLETE", "ExecutionStatus": "EXECUTE_FAILED", "Changes": []}
    events = [
        event("UPDATE_ROLLBACK_COMPLETE", "acme-dev", "AWS::CloudFormation::Stack", token="somebody-elses"),
        event("UPDATE_FAILED", "Vpc", "AWS::EC2::VPC", "Limit exceeded.", token=f"execute-{row.token}"),
        event("CREATE_FAILED", "Old", "AWS::EC2::VPC", "Long ago.", token="another"),
    ]
    with scripted(place) as aws:
        aws.add_response("describe_stacks", found("UPDATE_ROLLBACK_COMPLETE"))
        aws.add_client_error("execute_change_set", "InvalidChangeSetStatus", "is in EXECUTE_FAILED")
        aws.add_response("describe_change_set", said)
        step(row)
        look(aws, "UPDATE_ROLLBACK_COMPLETE", "EXECUTE_FAILED")
        aws.add_response("describe_stack_events", {"StackEvents": events})
        step(row)

    assert (row.state, str(row.reason)) == ("rolling_back", "The network (Vpc) could not be changed: Limit exceeded.")


def event(status: str, logical_id: str, of_type: str, reason: str = "", token: str = "") -> dict:
    return {
        "StackId": STACK,
        "EventId": f"{logical_id}-{status}",
        "StackName": "acme-dev",
        "Timestamp": datetime(2026, 5, 1, tzinfo=UTC),
        "LogicalResourceId": logical_id,
        "ResourceType": of_type,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "ClientRequestToken": token,
    }


def test_an_update_that_begins_while_it_is_taken_back_is_cancelled_after_all(place):
    """A worker's request reached AWS just before the plan was deleted."""
    row = change(place, state=change_states.ROLLING_BACK, change_set_id="set", reason=said("Alice asked."))
    with scripted(place) as aws:
        look(aws, "CREATE_COMPLETE", "AVAILABLE")
        aws.add_client_error("delete_change_set", "InvalidChangeSetStatus", "is in EXECUTE_IN_PROGRESS")
        step(row)
        assert row.state == "rolling_back"
        look(aws, "UPDATE_IN_PROGRESS")
        aws.add_response("cancel_update_stack", {}, {"StackName": STACK, "ClientRequestToken": f"cancel-{row.token}"})
        step(row)

    assert (row.state, str(row.reason)) == ("rolling_back", "Alice asked.")


def test_a_roll_back_that_fails_again_is_not_asked_for_a_third_time(place):
    row = change(place, state=change_states.PLANNING)
    with scripted(place) as aws:
        aws.add_response("describe_stacks", found("UPDATE_ROLLBACK_FAILED"))
        aws.add_response("continue_update_rollback", {})
        aws.add_response("describe_stacks", found("UPDATE_ROLLBACK_FAILED"))
        step(row)
        step(row)

    assert (row.state, str(row.reason)) == ("failed", "AWS could not take the change back: It broke.")


def carrying(place, state: str, environment: str, **fields):
    """The creation that the environment's life depends on."""
    row = factories.carried(place.environment, state=state, **fields)
    type(place.environment).objects.filter(pk=place.environment_id).update(state=environment)
    return row


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE"])
def test_a_creation_whose_stack_somebody_changed_by_hand_arrives(place, status):
    row = carrying(place, change_states.APPLYING, "creating", executed_at=datetime(2026, 5, 1, tzinfo=UTC))
    with scripted(place) as aws:
        look(aws, "UPDATE_ROLLBACK_IN_PROGRESS")
        step(row)
        look(aws, status)
        step(row)

    place.environment.refresh_from_db()
    assert (row.state, place.environment.state) == ("done", "ready")


def test_a_creation_that_aws_began_before_is_not_begun_again(place):
    """Adopted without a plan of its own, or its worker died before noting its request."""
    row = carrying(place, change_states.APPLYING, "creating", change_set_id="")
    with scripted(place) as aws:
        aws.add_response("describe_stacks", found("CREATE_IN_PROGRESS"))
        step(row)

    assert row.state == "applying"
    assert row.executed_at


def test_a_creation_that_aws_did_not_even_begin_is_a_failure(place):
    row = carrying(
        place,
        change_states.APPLYING,
        "creating",
        change_set_id="set",
        executed_at=datetime(2026, 5, 1, tzinfo=UTC),
    )
    with scripted(place) as aws:
        look(aws, "REVIEW_IN_PROGRESS", "EXECUTE_FAILED")
        aws.add_response("describe_stack_events", {"StackEvents": []})
        step(row)

    assert (row.state, str(row.reason)) == ("failed", "AWS could not make the environment: It broke.")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", "applying"),
        ("UPDATE_COMPLETE", "applying"),
        ("UPDATE_ROLLBACK_FAILED", "failed"),
        ("UPDATE_IN_PROGRESS", "planning"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "planning"),
    ],
)
def test_trying_again_deletes_no_stack_that_stands(place, status, state):
    row = carrying(place, change_states.PLANNING, "planning")
    with scripted(place) as aws:
        aws.add_response("describe_stacks", found(status))
        step(row)

    assert row.state == state


@pytest.mark.parametrize("status", ["CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"])
def test_trying_again_deletes_what_a_failed_attempt_left(place, status):
    row = carrying(place, change_states.PLANNING, "planning")
    with scripted(place) as aws:
        aws.add_response("describe_stacks", found(status))
        aws.add_response("delete_stack", {}, {"StackName": STACK, "ClientRequestToken": f"delete-{row.token}"})
        step(row)

    assert row.state == "planning"


def test_a_deletion_finds_the_plan_that_a_second_attempt_left_under_its_name(place):
    """The stack of the first attempt is gone; the plan of the second made one whose id was not written down yet."""
    row = carrying(place, change_states.REMOVING, "deleting", kind="remove")
    with scripted(place) as aws:
        aws.add_response("describe_stacks", found("DELETE_COMPLETE"), {"StackName": STACK})
        aws.add_response("describe_stacks", found("REVIEW_IN_PROGRESS"), {"StackName": "acme-dev"})
        aws.add_response("list_stack_resources", {"StackResourceSummaries": []})
        aws.add_response("delete_stack", {})
        step(row)

    assert row.state == "removing"


def test_a_roll_back_that_ended_between_two_looks_is_told(place):
    row = executed(place)
    with scripted(place) as aws:
        look(aws, "UPDATE_ROLLBACK_COMPLETE", "EXECUTE_FAILED")
        aws.add_response("describe_stack_events", {"StackEvents": []})
        step(row)
        look(aws, "UPDATE_ROLLBACK_COMPLETE", "EXECUTE_FAILED")
        step(row)

    assert [each.to_state for each in row.steps] == ["rolling_back", "rolled_back"]
    assert str(row.reason) == "AWS could not change the environment: It broke."
