"""What was stored before a change of tables is still there after it, and again when it is taken back."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from deployments.models import Repository
from portal.core.sentences import said
from tests import factories

BEFORE, AFTER = "0001", "0004"


@pytest.fixture
def migrate(transactional_db):
    """Migrates this app, and returns its models as they are then."""

    def to(name: str):
        call_command("migrate", "deployments", name, verbosity=0)
        loader = MigrationLoader(connection)
        reached = loader.get_migration_by_prefix("deployments", name)
        return loader.project_state(("deployments", reached.name)).apps.get_model

    yield to
    call_command("migrate", verbosity=0)


def test_repositories_of_services_become_rows_and_go_back(migrate):
    for _ in range(3):
        factories.ServiceFactory()
    there, wanted, refused = Repository.objects.order_by("pk")
    Repository.objects.exclude(pk=there.pk).update(state="wanted", uri="")
    Repository.objects.filter(pk=refused.pk).update(problem=said("AWS does not allow it."))

    services = migrate(BEFORE)("deployments", "Service").objects
    columns = ("repository_name", "repository_uri", "repository_problem")
    assert list(services.order_by("pk").values_list(*columns)) == [
        (there.name, there.uri, ""),
        (wanted.name, "", ""),
        (refused.name, "", "AWS does not allow it."),
    ]

    repositories = migrate(AFTER)("deployments", "Repository").objects
    kept = ("customer", "service", "name", "uri", "state", "problem")
    assert list(repositories.order_by("service").values_list(*kept)) == [
        (there.customer_id, there.service_id, there.name, there.uri, "ready", ""),
        (wanted.customer_id, wanted.service_id, wanted.name, "", "wanted", ""),
        (refused.customer_id, refused.service_id, refused.name, "", "wanted", "AWS does not allow it."),
    ]


def test_services_that_are_registered_are_asked_as_before(migrate):
    factories.ServiceFactory(name="web")
    factories.ServiceFactory(name="orders", exposure="internal")
    asked = ("name", "health_check", "redirect_is_healthy", "start_seconds", "deadline_minutes")
    migrate("0011")

    services = migrate("0012")("deployments", "Service").objects

    assert list(services.order_by("pk").values_list(*asked)) == [
        ("web", "path", True, 120, 15),
        ("orders", "none", False, 120, 15),
    ]


def test_services_that_are_registered_go_on_without_an_overlap(migrate):
    factories.ServiceFactory(name="web")
    migrate("0013")

    services = migrate("0014")("deployments", "Service").objects

    assert list(services.values_list("name", "overlap_seconds")) == [("web", 0)]
