"""The history as it was before a save had a row of its own, after the migration."""

from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from deployments.configuration import selectors
from deployments.configuration.selectors import Place
from deployments.models import ConfigurationSave, Service
from tests import factories
from tests.protected.conftest import databases, scratch

__all__ = ["databases", "scratch"]
MOVED = ("deployments", "0010_configuration_saves")


@pytest.fixture
def before(scratch):
    """The tables as they were."""
    graph = MigrationLoader(connection).graph
    parent = next(node.key for node in graph.node_map[MOVED].parents if node.key[0] == "deployments")
    call_command("migrate", *parent, verbosity=0)
    return MigrationLoader(connection).project_state(parent).apps


@pytest.fixture
def place(before) -> Place:
    application = factories.ApplicationFactory.create()
    customer = application.customer
    account = factories.AwsAccountFactory.create(customer=customer)
    made = before.get_model("deployments", "Service").objects.create(
        customer_id=customer.pk, application_id=application.pk, account_id=account.pk, name="shop"
    )
    environment = factories.EnvironmentFactory.create(customer=customer, account=account)
    return Place(customer, Service(pk=made.pk, customer=customer, name="shop"), environment)


def test_every_save_gets_a_row_and_every_change_stays(before, place):
    bob, alice = factories.UserFactory(name="Bob"), factories.UserFactory(name="Alice")
    noon, one, two = uuid4(), uuid4(), uuid4()
    _wrote(before, place, bob, "level", save_id=noon, reason="Find it", at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    _wrote(before, place, bob, "size", save_id=noon, reason="Find it", at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    _wrote(before, place, alice, "level", save_id=one, reason="Found", state="unknown")
    _wrote(before, place, alice, "token", save_id=two, reason="Rotate", state="saving", after="hush", secret=True)

    call_command("migrate", verbosity=0)

    assert [(row.change.key, row.save.author.name, row.save.reason, row.save.state) for row in _history(place)] == [
        ("token", "Alice", "Rotate", "saving"),
        ("level", "Alice", "Found", "unknown"),
        ("size", "Bob", "Find it", "saved"),
        ("level", "Bob", "Find it", "saved"),
    ]
    assert Counter(row.configuration_save.save_id for row in selectors.history(place)) == {noon: 2, one: 1, two: 1}
    first = ConfigurationSave.objects.get(save_id=noon)
    assert (first.customer, first.at) == (place.customer, datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert selectors.history(place)[0].after == "hush"


def _wrote(apps, place: Place, author, key: str, **fields) -> None:
    """A change as it used to be written."""
    where = {"service_id": place.service.pk, "environment_id": place.environment.pk, "customer_id": place.customer.pk}
    change = apps.get_model("deployments", "ConfigurationChange")
    given = {"action": "change", "before": "info", "after": "debug", "state": "saved"} | fields
    change.objects.create(**where, author_id=author.pk, key=key, **given)


def _history(place: Place) -> list[selectors.Past]:
    return [selectors.past(change) for change in selectors.history(place)]
