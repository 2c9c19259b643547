"""One environment of Acme, in whatever state a test wants it."""

import pytest
from django.urls import reverse

from portal.core.sentences import NOTHING, Sentence
from provisioning import states
from provisioning.changes import states as change_states
from provisioning.models import Environment, StackChange, StackResource
from tests import factories


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


def at(row: Environment, state: str, reason: Sentence = NOTHING, **fields) -> Environment:
    """The environment in that state; `fields` are those of its change."""
    kind, standing = CHANGES[state]
    StackChange.objects.filter(pk=row.change_id).update(kind=kind, state=standing, reason=reason, **fields)
    Environment.objects.filter(pk=row.pk).update(state=state, reason=reason)
    row.refresh_from_db()
    return row
