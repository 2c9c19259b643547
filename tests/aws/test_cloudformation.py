from datetime import UTC, datetime, timedelta

import pytest

from provisioning.aws import cloudformation
from provisioning.aws.errors import AwsProblem

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
CHANGE_SET_ID = "arn:aws:cloudformation:eu-west-1:111111111111:changeSet/plan-t1/1"


def stack(status: str) -> dict:
    return {"Stacks": [{"StackName": "acme-dev", "CreationTime": NOW, "StackStatus": status}]}


def plan(status: str = "CREATE_COMPLETE", execution: str = "AVAILABLE", reason: str = "", **more) -> dict:
    return {
        "ChangeSetId": CHANGE_SET_ID,
        "Status": status,
        "ExecutionStatus": execution,
        "StatusReason": reason,
        "Changes": [],
        **more,
    }


def event(number: int) -> dict:
    return {
        "StackId": "s",
        "EventId": f"event-{number}",
        "StackName": "acme-dev",
        "Timestamp": NOW + timedelta(seconds=number),
        "ResourceStatus": "CREATE_COMPLETE",
    }


def create(session, token: str = "t1") -> str:
    return cloudformation.create_change_set(session, "acme-dev", "body", {"Kind": "dev"}, {"a": "b"}, token=token)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (stack("REVIEW_IN_PROGRESS"), "CREATE"),
        (stack("CREATE_COMPLETE"), "UPDATE"),
        (stack("UPDATE_ROLLBACK_COMPLETE"), "UPDATE"),
    ],
)
def test_a_plan_creates_or_updates_as_the_stack_needs(session, answers, found, kind):
    answers("cloudformation").add_response("describe_stacks", found)
    answers("cloudformation").add_response(
        "create_change_set",
        {"Id": CHANGE_SET_ID},
        {
            "StackName": "acme-dev",
            "ChangeSetName": "plan-t1",
            "ChangeSetType": kind,
            "TemplateBody": "body",
            "Parameters": [{"ParameterKey": "Kind", "ParameterValue": "dev"}],
            "Tags": [{"Key": "a", "Value": "b"}],
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            "ClientToken": "t1",
        },
    )

    assert create(session) == CHANGE_SET_ID


def test_planning_again_with_the_same_token_gives_the_same_plan(session, answers):
    answers("cloudformation").add_response("describe_stacks", stack("REVIEW_IN_PROGRESS"))
    answers("cloudformation").add_client_error("create_change_set", "AlreadyExistsException")
    answers("cloudformation").add_response("describe_change_set", plan())

    assert create(session) == CHANGE_SET_ID


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_IN_PROGRESS"])
def test_a_stack_that_cannot_change_now_is_a_conflict_that_says_so(session, answers, status):
    answers("cloudformation").add_response("describe_stacks", stack(status))

    with pytest.raises(AwsProblem, match=status) as caught:
        create(session)

    assert caught.value.code == "conflict"


def test_a_plan_lists_the_changes_of_all_its_pages(session, answers):
    change = {"ResourceChange": {"Action": "Modify", "ResourceType": "AWS::EC2::VPC", "Replacement": "True"}}
    first, second = ({"ResourceChange": {**change["ResourceChange"], "LogicalResourceId": n}} for n in ("A", "B"))
    answers("cloudformation").add_response("describe_change_set", plan(Changes=[first], NextToken="next"))
    answers("cloudformation").add_response("describe_change_set", plan(Changes=[second]))

    found = cloudformation.describe_change_set(session, "acme-dev", CHANGE_SET_ID)

    assert found.is_ready
    assert found.changes == (
        cloudformation.PlannedChange("Modify", "A", "AWS::EC2::VPC", "True"),
        cloudformation.PlannedChange("Modify", "B", "AWS::EC2::VPC", "True"),
    )


def test_a_plan_without_changes_is_an_answer_and_no_failure(session, answers):
    reason = "The submitted information didn't contain changes. Submit different information."
    answers("cloudformation").add_response("describe_change_set", plan("FAILED", "UNAVAILABLE", reason))

    found = cloudformation.describe_change_set(session, "acme-dev", CHANGE_SET_ID)

    assert (found.is_ready, found.is_empty, found.is_failed) == (False, True, False)


@pytest.mark.parametrize("execution", ["EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"])
def test_executing_what_is_already_executed_is_left_alone(session, answers, execution):
    answers("cloudformation").add_client_error("execute_change_set", "InvalidChangeSetStatus")
    answers("cloudformation").add_response("describe_change_set", plan(execution=execution))

    cloudformation.execute_change_set(session, "acme-dev", CHANGE_SET_ID, "t1")


def test_executing_a_plan_that_failed_is_a_problem(session, answers):
    answers("cloudformation").add_client_error("execute_change_set", "InvalidChangeSetStatus")
    answers("cloudformation").add_response("describe_change_set", plan("FAILED", "UNAVAILABLE", "bad"))

    with pytest.raises(AwsProblem):
        cloudformation.execute_change_set(session, "acme-dev", CHANGE_SET_ID, "t1")


def test_a_stack_that_is_not_there_is_none_and_has_no_resources_or_events(session, answers):
    gone = ("ValidationError", "Stack with id acme-dev does not exist")
    for operation in ("describe_stacks", "list_stack_resources", "describe_stack_events", "delete_stack"):
        answers("cloudformation").add_client_error(operation, *gone)

    assert cloudformation.describe_stack(session, "acme-dev") is None
    assert cloudformation.resources(session, "acme-dev") == ()
    assert cloudformation.events(session, "acme-dev") == ()
    cloudformation.delete_stack(session, "acme-dev", "t1")


@pytest.mark.parametrize(
    ("status", "busy", "complete", "failed"),
    [
        ("REVIEW_IN_PROGRESS", False, False, False),
        ("CREATE_IN_PROGRESS", True, False, False),
        ("UPDATE_ROLLBACK_IN_PROGRESS", True, False, False),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", True, False, False),
        ("CREATE_COMPLETE", False, True, False),
        ("UPDATE_COMPLETE", False, True, False),
        ("ROLLBACK_COMPLETE", False, False, True),
        ("UPDATE_ROLLBACK_COMPLETE", False, False, True),
        ("DELETE_FAILED", False, False, True),
        ("DELETE_COMPLETE", False, False, False),
    ],
)
def test_a_stacks_status_says_whether_to_wait_go_on_or_give_up(session, answers, status, busy, complete, failed):
    answers("cloudformation").add_response("describe_stacks", stack(status))

    found = cloudformation.describe_stack(session, "acme-dev")

    assert (found.is_busy, found.is_complete, found.is_failed) == (busy, complete, failed)


def test_events_come_oldest_first(session, answers):
    newest_first = {"StackEvents": [event(3), event(2), event(1)]}
    answers("cloudformation").add_response("describe_stack_events", newest_first)

    assert [each.event_id for each in cloudformation.events(session, "acme-dev")] == ["event-1", "event-2", "event-3"]


def test_the_events_of_a_request_are_found_between_those_of_others(session, answers):
    tokens = {5: "later", 4: "ours", 3: "ours", 2: "before"}
    newest_first = [{**event(number), "ClientRequestToken": token} for number, token in tokens.items()] + [event(1)]
    answers("cloudformation").add_response("describe_stack_events", {"StackEvents": newest_first})

    found = cloudformation.events_of(session, "acme-dev", "ours")

    assert [each.event_id for each in found] == ["event-3", "event-4"]


def test_a_deletion_asked_for_twice_by_one_request_is_asked_for_once(session, answers):
    answers("cloudformation").add_client_error("delete_stack", "TokenAlreadyExistsException", "exists")

    cloudformation.delete_stack(session, "acme-dev", "delete-1")


def test_an_update_that_ended_cannot_be_cancelled_any_more_and_that_is_no_failure(session, answers):
    answers("cloudformation").add_client_error("cancel_update_stack", "ValidationError", "cannot be called from")
    answers("cloudformation").add_response("describe_stacks", stack("UPDATE_COMPLETE"))

    cloudformation.cancel_update(session, "acme-dev", "cancel-1")


def test_an_update_that_goes_on_although_it_should_be_cancelled_is_a_failure(session, answers):
    answers("cloudformation").add_client_error("cancel_update_stack", "AccessDenied", "no")
    answers("cloudformation").add_response("describe_stacks", stack("UPDATE_IN_PROGRESS"))

    with pytest.raises(AwsProblem) as caught:
        cloudformation.cancel_update(session, "acme-dev", "cancel-1")
    assert caught.value.code == "access_denied"


def test_a_cancel_asked_for_again_by_the_same_request_is_under_way(session, answers):
    answers("cloudformation").add_client_error("cancel_update_stack", "TokenAlreadyExistsException", "exists")

    cloudformation.cancel_update(session, "acme-dev", "cancel-1")


def test_a_roll_back_that_failed_is_gone_on_with_once(session, answers):
    answers("cloudformation").add_response(
        "continue_update_rollback", {}, {"StackName": "acme-dev", "ClientRequestToken": "continue-1"}
    )
    answers("cloudformation").add_client_error("continue_update_rollback", "TokenAlreadyExistsException", "exists")

    cloudformation.continue_rollback(session, "acme-dev", "continue-1")
    cloudformation.continue_rollback(session, "acme-dev", "continue-1")


def test_how_far_a_plan_is_carried_out_is_aws_own_word_and_empty_for_none(session, answers):
    answers("cloudformation").add_response("describe_change_set", plan(execution="EXECUTE_COMPLETE"))
    answers("cloudformation").add_client_error("describe_change_set", "ChangeSetNotFound", "gone")

    assert cloudformation.execution_of(session, "acme-dev", CHANGE_SET_ID) == "EXECUTE_COMPLETE"
    assert cloudformation.execution_of(session, "acme-dev", CHANGE_SET_ID) == ""


def test_a_plan_is_thrown_away_unless_it_is_carried_out(session, answers):
    answers("cloudformation").add_client_error("delete_change_set", "ChangeSetNotFound", "gone")
    answers("cloudformation").add_client_error("delete_change_set", "InvalidChangeSetStatus", "executing")

    cloudformation.delete_change_set(session, "acme-dev", CHANGE_SET_ID)
    with pytest.raises(AwsProblem) as caught:
        cloudformation.delete_change_set(session, "acme-dev", CHANGE_SET_ID)
    assert caught.value.code == "conflict"
