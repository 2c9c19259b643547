"""Prose that was stored becomes sentences that are passed on as they are, and goes back."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from deployments.models import Deployment, Repository
from portal.core.models import Outgoing, Step
from portal.core.sentences import NOTHING, Sentence, said
from portal.support.models import Ticket
from provisioning.models import AwsAccount, Environment, StackChange
from tests import factories
from tests.protected.conftest import databases, scratch

__all__ = ["databases", "scratch"]
BEFORE = [
    ("support", "0003_ticket_is_stateful"),
    ("deployments", "0015_availability"),
    ("provisioning", "0006_environments_without_work"),
    ("core", "0003_outgoing"),
]
CHECK = {"name": "Access", "ok": False, "sentence": "AWS says no."}
FROZEN = {"service": "shop", "sentence": "It failed.", "tasks": [{"name": "1", "reason": "It exited."}]}


@pytest.fixture
def migrated(scratch):
    """Rows as they were when sentences were prose, migrated."""
    ticket = factories.TicketFactory()
    canceled = factories.DeploymentFactory(state="rolling_back", cancel_requested_by=factories.UserFactory(name="Ann"))
    failed = factories.DeploymentFactory(state="failed")
    change = factories.StackChangeFactory()
    old = _back()
    old("support", "Ticket").update(context=FROZEN)
    old("deployments", "Deployment").filter(pk=failed.pk).update(reason="It failed.", problem="Slow.", cause="Why.")
    old("deployments", "Repository").update(reason="Ours.", problem="AWS says no.")
    old("provisioning", "AwsAccount").update(checks=[CHECK, CHECK])
    old("provisioning", "Environment").update(reason="It is ready.")
    old("provisioning", "StackChange").update(reason="Made.", problem="Slow.", advice="Wait.")
    old("core", "Step").create(work_kind="x", work_id=1, from_state="a", to_state="b", reason="It moved.")
    old("core", "Step").create(work_kind="x", work_id=1, from_state="b", to_state="c", reason="")
    old("core", "Outgoing").create(
        kind="x", queue="mail", about_id="1", due_at=ticket.created_at, problem="OSError: no"
    )
    call_command("migrate", verbosity=0)
    return {"canceled": canceled.pk, "failed": failed.pk, "change": change.pk}


def _back():
    """The tables as they were, by app and name."""
    for app, name in BEFORE:
        call_command("migrate", app, name, verbosity=0)
    apps = MigrationLoader(connection).project_state(BEFORE).apps
    return lambda app, name: apps.get_model(app, name).objects


def test_every_column_of_prose_holds_sentences_with_the_same_words(migrated):
    failed = Deployment.objects.get(pk=migrated["failed"])
    change = StackChange.objects.get(pk=migrated["change"])

    assert (failed.reason, failed.problem, failed.cause) == (said("It failed."), said("Slow."), said("Why."))
    assert {(row.reason, row.problem) for row in Repository.objects.all()} == {(said("Ours."), said("AWS says no."))}
    assert {row.reason for row in Environment.objects.all()} == {said("It is ready.")}
    assert (change.reason, change.problem, change.advice) == (said("Made."), said("Slow."), said("Wait."))
    assert [row.reason for row in Step.objects.all()] == [said("It moved."), NOTHING]
    assert [row.problem for row in Outgoing.objects.all()] == [said("OSError: no")]


def test_what_goes_back_because_somebody_canceled_it_says_so_by_its_code(migrated):
    canceled = Deployment.objects.get(pk=migrated["canceled"])

    assert canceled.cause == Sentence("rollouts.canceled", by="Ann")
    assert canceled.was_canceled


def test_what_is_kept_as_json_holds_sentences_too(migrated):
    tested = {"name": said("Access"), "ok": False, "sentence": said("AWS says no.")}
    task = {"name": "1", "reason": said("It exited.").as_json()}

    assert [account.last_test for account in AwsAccount.objects.all()[:1]] == [[tested, tested]]
    assert Ticket.objects.get().context == {**FROZEN, "sentence": said("It failed.").as_json(), "tasks": [task]}


def test_it_goes_back_to_the_words(migrated):
    old = _back()

    assert old("deployments", "Deployment").get(pk=migrated["failed"]).cause == "Why."
    assert old("deployments", "Deployment").get(pk=migrated["canceled"]).cause == "Cancelled by Ann."
    assert old("provisioning", "AwsAccount").first().checks == [CHECK, CHECK]
    assert old("support", "Ticket").get().context == FROZEN
    assert [row.reason for row in old("core", "Step").all()] == ["It moved.", ""]
