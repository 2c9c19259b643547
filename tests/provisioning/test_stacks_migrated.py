"""Environments as they were when each was one stack and its own work, after the migrations."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from provisioning.facts import OUTPUTS
from provisioning.models import Environment, StackChange, StackResource
from tests import factories
from tests.protected.conftest import databases, scratch

__all__ = ["databases", "scratch"]
BEFORE = ("provisioning", "0003_environment_consul")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WAS = {  # the state of an environment, and the change it comes of
    "draft": ("create", "queued"),
    "planning": ("create", "planning"),
    "planned": ("create", "planned"),
    "creating": ("create", "applying"),
    "ready": ("create", "done"),
    "failed": ("create", "failed"),
    "errored": ("create", "errored"),
    "deleting": ("remove", "removing"),
    "delete_failed": ("remove", "failed"),
    "deleted": ("remove", "done"),
}


@pytest.fixture
def before(scratch):
    """The tables as they were."""
    call_command("migrate", *BEFORE, verbosity=0)
    return MigrationLoader(connection).project_state(BEFORE).apps


def test_every_environment_keeps_its_stack_and_where_its_work_stands(before):
    customer, alice = factories.CustomerFactory(slug="acme"), factories.UserFactory()
    account = before.get_model("provisioning", "AwsAccount").objects.create(
        customer_id=customer.pk, name="Main", account_id="1" * 12, external_id="x", status="connected"
    )
    for number, state in enumerate(WAS):
        row = before.get_model("provisioning", "Environment").objects.create(
            customer_id=customer.pk,
            account=account,
            created_by_id=alice.pk,
            name=state,
            slug=state[:11],
            kind="qa",
            region="eu-west-1",
            size="medium",
            network=f"10.{number}.0.0/16",
            state=state,
            stack_name=f"acme-{state}"[:28],
            stack_id=f"arn:{state}",
            change_set_id=f"set:{state}",
            plan=[{"logical_id": "Vpc", "type": "T", "action": "Add", "purpose": "Why"}],
            outputs=factories.OUTPUTS if state in ("ready", "deleting") else {},
            advice="Ask AWS.",
            reason=f"It is {state}.",
            problem="AWS is slow.",
            traceback="KeyError",
            seq=number,
            heartbeat_at=NOON,
            created_at=NOON,
            started_at=NOON + timedelta(minutes=1),
            finished_at=None if state in ("creating", "deleting") else NOON + timedelta(minutes=2),
            deletion_asked_at=NOON if state == "deleting" else None,
        )
        before.get_model("provisioning", "StackResource").objects.create(
            environment=row, logical_id="Vpc", type="T", status="CREATE_COMPLETE"
        )

    call_command("migrate", verbosity=0)

    for number, (state, (kind, standing)) in enumerate(WAS.items()):
        row = Environment.objects.get(name=state)
        change, stack = row.change, row.stacks.get()
        assert (row.state, str(row.reason), row.aws_name) == (state, f"It is {state}.", f"acme-{state}"[:28])
        assert row.changed_at == NOON + timedelta(minutes=1 if state in ("creating", "deleting") else 2)
        assert (stack.template, stack.name, stack.stack_id) == ("environment", row.aws_name, f"arn:{state}")
        assert (stack.removed_at is not None) == (state == "deleted")
        assert (change.kind, change.state, change.stack, change.requested_by) == (kind, standing, stack, alice)
        assert (change.change_set_id, change.seq, change.plan[0]["purpose"]) == (f"set:{state}", number, "Why")
        assert (str(change.advice), str(change.problem), change.traceback) == ("Ask AWS.", "AWS is slow.", "KeyError")
        assert (change.deletion_asked_at is not None) == (state == "deleting")
        assert change.parameters["InstanceType"] == "t3.medium"
        assert change.parameters["VpcCidr"] == row.network
    assert StackChange.objects.values("token").distinct().count() == len(WAS)
    assert StackResource.objects.filter(stack__environment__name="ready").get().logical_id == "Vpc"
    ready = Environment.objects.get(name="ready")
    assert ready.aws_facts == {fact: factories.OUTPUTS[output] for fact, output in OUTPUTS.items()}
    assert ready.stacks.get().outputs == factories.OUTPUTS
    assert ready.account.state == "connected"
