"""A worker dies at every single call to AWS of a change, before it or before its answer: it finishes, nothing twice."""

from collections import Counter
from contextlib import contextmanager

import pytest
from botocore.client import BaseClient

from provisioning.changes import services as changes
from provisioning.models import Environment, Stack, StackChange
from tests import factories
from tests.callers import by
from tests.provisioning.conftest import Killed, drive_change, moves

pytestmark = [pytest.mark.localaws, pytest.mark.django_db]

MOST = 60  # calls that a change may take: far more than it does
LIFE = {
    "create": ["planning", "planned", "applying", "done"],
    "update": ["planning", "planned", "applying", "done"],
    "remove": ["removing", "done"],
}
CHANGING = {"create": {"CreateChangeSet", "ExecuteChangeSet"}, "remove": {"DeleteStack"}}
CHANGING["update"] = CHANGING["create"]
BEGUN = {"create": "CREATE_IN_PROGRESS", "update": "UPDATE_IN_PROGRESS", "remove": "DELETE_IN_PROGRESS"}


@contextmanager
def dying_at(number: int, when: str):
    """The worker dies at its call of that number, before it is made or before its answer arrives. Yields its calls."""
    plain, made = BaseClient._make_api_call, []

    def call(client, operation, kwargs):
        made.append(operation)
        if len(made) == number and when == "before":
            raise Killed(operation)
        answer = plain(client, operation, kwargs)
        if len(made) == number:
            raise Killed(operation)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield made


def survived(change: StackChange) -> None:
    """Driven on by the tick after each death."""
    while True:
        try:
            drive_change(change)
        except Killed:
            continue
        return


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_dies_at_any_call_changes_nothing_in_the_end(aws, acme, account, alice, journal, when):
    environment = factories.EnvironmentFactory(customer=acme, account=account, slug=when)
    left, number = {"create", "update", "remove"}, 0
    deaths: dict[str, set[str]] = {kind: set() for kind in left}
    while left:
        number += 1
        assert number < MOST
        stack = None
        for kind, path in LIFE.items():
            change = asked(kind, stack or environment, f"/in4it/{when}-{number}", alice)
            stack = change.stack
            with dying_at(number, when) as made:
                survived(change)
                if change.state == "planned":
                    changes.approve_change(change, by(alice))
                    survived(change)
            if len(made) < number:
                left.discard(kind)
            else:
                deaths[kind].add(made[number - 1])
            assert moves(change) == path, (kind, number)
            stack.refresh_from_db()
            assert begun(aws, stack.stack_id)[BEGUN[kind]] == 1, (kind, number, made)
        environment.refresh_from_db()
        assert (environment.state, moves(environment)) == ("ready", [])

    for kind, calls in CHANGING.items():
        assert deaths[kind] >= calls, kind


def asked(kind: str, of: Environment | Stack, name: str, actor) -> StackChange:
    if kind == "create":
        return changes.request_stack(of, "journal", {"Name": name}, by(actor))
    if kind == "update":
        return changes.request_update(of, {"Name": name, "Days": "14"}, by(actor))
    return changes.request_removal(of, by(actor))


def begun(aws, stack_id: str) -> Counter:
    """How often AWS began to do each thing to the stack."""
    pages = aws("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id)
    return Counter(
        each["ResourceStatus"]
        for page in pages
        for each in page["StackEvents"]
        if each["ResourceType"] == "AWS::CloudFormation::Stack"
    )
