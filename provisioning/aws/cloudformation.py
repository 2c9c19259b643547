"""Stacks by change set: plan, execute, watch, delete. Calling anything twice is harmless."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import dropwhile, takewhile
from typing import TYPE_CHECKING, Literal

from portal.core.sentences import Sentence
from provisioning.aws.errors import AwsProblem, accepting, asking_aws
from provisioning.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import (
        ChangeTypeDef,
        DescribeChangeSetOutputTypeDef,
        StackEventTypeDef,
        StackResourceSummaryTypeDef,
        StackTypeDef,
    )

_NOTHING_TO_CHANGE = ("didn't contain changes", "No updates are to be performed")
_CAN_UPDATE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
_NOT_YET_MADE = {"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"}


@dataclass(frozen=True)
class PlannedChange:
    """`action`: Add, Modify, Remove, Import, Dynamic; `replacement`: True, False, Conditional or empty."""

    action: str
    logical_id: str
    type: str
    replacement: str = ""


@dataclass(frozen=True)
class ChangeSet:
    change_set_id: str
    status: str
    execution_status: str
    reason: str
    changes: tuple[PlannedChange, ...]

    @property
    def is_ready(self) -> bool:
        return self.status == "CREATE_COMPLETE" and self.execution_status == "AVAILABLE"

    @property
    def is_empty(self) -> bool:
        """AWS calls a plan without changes FAILED; it is an answer."""
        return self.status == "FAILED" and any(words in self.reason for words in _NOTHING_TO_CHANGE)

    @property
    def is_failed(self) -> bool:
        return self.status == "FAILED" and not self.is_empty


@dataclass(frozen=True)
class StackState:
    stack_id: str
    name: str
    status: str
    reason: str
    outputs: dict[str, str] = field(default_factory=dict)
    termination_protection: bool = False

    @property
    def is_planned_only(self) -> bool:
        """A change set exists and nothing was made yet: REVIEW_IN_PROGRESS is no progress."""
        return self.status == "REVIEW_IN_PROGRESS"

    @property
    def is_busy(self) -> bool:
        return self.status.endswith("_IN_PROGRESS") and not self.is_planned_only

    @property
    def is_rolling_back_update(self) -> bool:
        """AWS takes an update back: it failed, or that was asked for."""
        return self.status in {"UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"}

    @property
    def is_standing(self) -> bool:
        """All of it is there: the last change arrived, or was taken back as a whole."""
        return self.is_complete or self.status in {"UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}

    @property
    def is_leftover(self) -> bool:
        """What a creation or a deletion that failed has left: AWS takes nothing for it but its deletion."""
        return self.status in {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}

    @property
    def is_complete(self) -> bool:
        """The last change arrived as asked (a finished roll-back is not that)."""
        return self.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}

    @property
    def is_deleted(self) -> bool:
        return self.status == "DELETE_COMPLETE"

    @property
    def is_failed(self) -> bool:
        return not (self.is_busy or self.is_complete or self.is_deleted or self.is_planned_only)


@dataclass(frozen=True)
class ResourceState:
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    updated_at: datetime


@dataclass(frozen=True)
class StackEvent:
    event_id: str
    at: datetime
    logical_id: str
    type: str
    status: str
    reason: str
    token: str = ""  # of the request that it comes of


@asking_aws("plan the environment")
def create_change_set(
    session: AwsSession,
    stack_name: str,
    template_body: str,
    parameters: Mapping[str, str],
    tags: Mapping[str, str],
    *,
    token: str,
) -> str:
    """Ask for a plan and return its id. The same token always means the same plan."""
    name = f"plan-{token}"
    kind = _change_set_type(describe_stack(session, stack_name))
    with accepting("already_exists"), asking_aws("plan the environment"):
        made = session.client("cloudformation").create_change_set(
            StackName=stack_name,
            ChangeSetName=name,
            ChangeSetType=kind,
            TemplateBody=template_body,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            ClientToken=token,
        )
        return made["Id"]
    return describe_change_set(session, stack_name, name).change_set_id


def _change_set_type(stack: StackState | None) -> Literal["CREATE", "UPDATE"]:
    if stack is None or stack.status in _NOT_YET_MADE:
        return "CREATE"
    if stack.status in _CAN_UPDATE:
        return "UPDATE"
    sentence = Sentence("aws.stack_state", state=stack.status)
    raise AwsProblem("conflict", "plan the environment", stack.status, sentence)


@asking_aws("read the plan of the environment")
def describe_change_set(session: AwsSession, stack_name: str, change_set: str) -> ChangeSet:
    """The plan with all its changes; `change_set` is its id or name."""
    pages = session.client("cloudformation").get_paginator("describe_change_set")
    found = list(pages.paginate(StackName=stack_name, ChangeSetName=change_set))
    return _change_set(found[0], tuple(_planned(change) for page in found for change in page["Changes"]))


def _change_set(said: DescribeChangeSetOutputTypeDef, changes: tuple[PlannedChange, ...]) -> ChangeSet:
    return ChangeSet(
        said["ChangeSetId"],
        said["Status"],
        said.get("ExecutionStatus", ""),
        said.get("StatusReason", ""),
        changes,
    )


def _planned(change: ChangeTypeDef) -> PlannedChange:
    resource = change["ResourceChange"]
    return PlannedChange(
        resource["Action"],
        resource["LogicalResourceId"],
        resource["ResourceType"],
        resource.get("Replacement", ""),
    )


def execution_of(session: AwsSession, stack_name: str, change_set: str) -> str:
    """How far the execution of a plan is, in AWS's word, e.g. EXECUTE_COMPLETE; empty when there is no such plan."""
    with accepting("not_found"):
        return describe_change_set(session, stack_name, change_set).execution_status
    return ""


def delete_change_set(session: AwsSession, stack_name: str, change_set: str) -> None:
    """Throw a plan away; one that is gone is left alone. Raises AwsProblem (conflict) when it is being executed."""
    with accepting("not_found"), asking_aws("throw the plan away"):
        session.client("cloudformation").delete_change_set(StackName=stack_name, ChangeSetName=change_set)


@asking_aws("create what was planned")
def execute_change_set(session: AwsSession, stack_name: str, change_set: str, token: str) -> None:
    """Start the planned change; a plan that is already being (or was) executed is left alone."""
    try:
        with asking_aws("create what was planned"):
            session.client("cloudformation").execute_change_set(
                StackName=stack_name, ChangeSetName=change_set, ClientRequestToken=token
            )
    except AwsProblem as problem:
        if problem.code == "not_found" or not _is_started(session, stack_name, change_set):
            raise


def _is_started(session: AwsSession, stack_name: str, change_set: str) -> bool:
    plan = describe_change_set(session, stack_name, change_set)
    return plan.execution_status in {"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE", "EXECUTE_FAILED"}


def describe_stack(session: AwsSession, stack_name: str) -> StackState | None:
    """The stack by name or id, or None if there is none. A deleted stack is found by its id only."""
    with accepting("not_found"), asking_aws("read the state of the environment"):
        found = session.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
        return _stack(found[0]) if found else None
    return None


def _stack(said: StackTypeDef) -> StackState:
    return StackState(
        stack_id=said.get("StackId", ""),
        name=said["StackName"],
        status=said["StackStatus"],
        reason=said.get("StackStatusReason", ""),
        outputs={out["OutputKey"]: out["OutputValue"] for out in said.get("Outputs", [])},
        termination_protection=said.get("EnableTerminationProtection", False),
    )


@asking_aws("list the resources of the environment")
def resources(session: AwsSession, stack_name: str) -> tuple[ResourceState, ...]:
    """Every resource the stack has touched so far, in the order AWS gives; none for a stack that is gone."""
    with accepting("not_found"), asking_aws("list the resources of the environment"):
        pages = session.client("cloudformation").get_paginator("list_stack_resources")
        found = pages.paginate(StackName=stack_name)
        return tuple(_resource(said) for page in found for said in page["StackResourceSummaries"])
    return ()


def _resource(said: StackResourceSummaryTypeDef) -> ResourceState:
    return ResourceState(
        said["LogicalResourceId"],
        said.get("PhysicalResourceId", ""),
        said["ResourceType"],
        said["ResourceStatus"],
        said.get("ResourceStatusReason", ""),
        said["LastUpdatedTimestamp"],
    )


def events(session: AwsSession, stack_name: str) -> tuple[StackEvent, ...]:
    """What happened, oldest first; nothing for a stack that is gone."""
    with accepting("not_found"), asking_aws("read what happened to the environment"):
        return tuple(_all_events(session, stack_name))[::-1]
    return ()


def events_of(session: AwsSession, stack_name: str, token: str) -> tuple[StackEvent, ...]:
    """What came of the request that had this token, oldest first; nothing for a stack that is gone."""
    with accepting("not_found"), asking_aws("read what happened to the environment"):
        later = dropwhile(lambda event: event.token != token, _all_events(session, stack_name))
        return tuple(takewhile(lambda event: event.token == token, later))[::-1]
    return ()


def _all_events(session: AwsSession, stack_name: str) -> Iterator[StackEvent]:
    pages = session.client("cloudformation").get_paginator("describe_stack_events")
    for page in pages.paginate(StackName=stack_name):
        yield from map(_event, page["StackEvents"])


def _event(said: StackEventTypeDef) -> StackEvent:
    return StackEvent(
        said["EventId"],
        said["Timestamp"],
        said.get("LogicalResourceId", ""),
        said.get("ResourceType", ""),
        said.get("ResourceStatus", ""),
        said.get("ResourceStatusReason", ""),
        said.get("ClientRequestToken", ""),
    )


def cancel_update(session: AwsSession, stack_id: str, token: str) -> None:
    """Take a running update back; one that has ended meanwhile is left alone (AWS calls that a ValidationError)."""
    try:
        with accepting("token_used"), asking_aws("take the change back"):
            session.client("cloudformation").cancel_update_stack(StackName=stack_id, ClientRequestToken=token)
    except AwsProblem:
        found = describe_stack(session, stack_id)
        if found is not None and found.status == "UPDATE_IN_PROGRESS":
            raise


@asking_aws("go on taking the last change back")
def continue_rollback(session: AwsSession, stack_id: str, token: str) -> None:
    """Go on with a roll-back that failed; asked twice with one token it is asked once."""
    with accepting("token_used"), asking_aws("go on taking the last change back"):
        session.client("cloudformation").continue_update_rollback(StackName=stack_id, ClientRequestToken=token)


def delete_stack(session: AwsSession, stack_name: str, token: str) -> None:
    """Start the deletion; a stack that is gone or being deleted is left alone, as is one asked with this token."""
    with accepting("not_found", "token_used"), asking_aws("delete the environment"):
        session.client("cloudformation").delete_stack(StackName=stack_name, ClientRequestToken=token)


@asking_aws("change the protection of the environment against deletion")
def set_termination_protection(session: AwsSession, stack_name: str, enabled: bool) -> None:
    session.client("cloudformation").update_termination_protection(
        StackName=stack_name, EnableTerminationProtection=enabled
    )
