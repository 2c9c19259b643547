"""An environment of two stacks: while one of them changes it stays ready, and releases are rolled out to it."""

from pathlib import Path

import pytest

from deployments import states
from provisioning import stacks
from provisioning import states as environment_states
from provisioning.aws import cloudformation
from provisioning.changes import services as changes
from provisioning.changes import states as change_states
from tests import factories
from tests.callers import by
from tests.deployments.cloud import STACK, step, until
from tests.provisioning.conftest import drive_change, step_change

pytestmark = [pytest.mark.localaws, pytest.mark.django_db]

MAIN = {"EnvironmentName": STACK, "Kind": "dev"}


@pytest.fixture
def two_stacks(quick_site, monkeypatch, tmp_path, settings):
    """The site's environment with both of its stacks, made by AWS."""
    for template in (
        stacks.FOLDER / "environment.yaml",
        Path(__file__).parents[1] / "provisioning/stacks/journal.yaml",
    ):
        (tmp_path / template.name).write_text(template.read_text())
    monkeypatch.setattr(stacks, "FOLDER", tmp_path)
    stacks.load.cache_clear()
    settings.POLL_SECONDS = 0
    found = cloudformation.describe_stack(quick_site.session, STACK)
    main = factories.StackFactory(
        environment=quick_site.environment, name=STACK, stack_id=found.stack_id, outputs=found.outputs
    )
    factories.carried(quick_site.environment, state=change_states.DONE)
    made = drive_change(changes.request_stack(main.environment, "journal", {"Name": "/in4it/two"}, by(quick_site.user)))
    changes.approve_change(made, by(quick_site.user))
    assert drive_change(made).state == change_states.DONE, str(made.reason)
    yield main, made.stack
    cloudformation.delete_stack(quick_site.session, made.stack.stack_id, "end")
    stacks.load.cache_clear()


@pytest.mark.parametrize("which", ["main", "further"])
def test_a_release_is_rolled_out_while_a_stack_changes(quick_site, two_stacks, which):
    main, further = two_stacks
    quick_site.deploy("v1")
    stack, parameters = (
        (main, MAIN | {"LogRetentionDays": "14"})
        if which == "main"
        else (further, {"Name": "/in4it/two", "Days": "14"})
    )
    change = drive_change(changes.request_update(stack, parameters, by(quick_site.user)))
    assert change.state == change_states.PLANNED, str(change.reason)
    changes.approve_change(change, by(quick_site.user))
    step_change(change)
    assert change.executed_at

    deployment = quick_site.request("v2")  # asked for and begun while AWS changes the stack
    both = set()
    while deployment.is_active or change.is_active:
        if deployment.is_active:
            step(deployment)
            deployment.refresh_from_db()
        both.add((change.state, deployment.state))
        if change.is_active and deployment.state not in states.WAITING:
            step_change(change)
        quick_site.environment.refresh_from_db()
        assert quick_site.environment.state == environment_states.READY

    assert (change.state, deployment.state) == (change_states.DONE, states.SUCCEEDED), (
        str(change.reason),
        str(deployment.reason),
    )
    assert {standing for of_change, standing in both if of_change == change_states.APPLYING} & states.ACTIVE
    until(lambda: quick_site.answer()["version"] == "v2")  # what served before may still be drained
    assert stack.changes.last() == change
