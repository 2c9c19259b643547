"""Audit events can only be added, whoever asks: our code, the ORM's bulk methods, or SQL."""

import pytest
from django.db import DatabaseError, connection, transaction

from portal.core import audit
from portal.core.models import AuditEvent
from tests import factories


@pytest.fixture
def event(acme):
    audit.record("x.changed", acme, customer=acme)
    return AuditEvent.objects.get()


@pytest.mark.parametrize(
    "statement", ["UPDATE core_auditevent SET action = 'y'", "DELETE FROM core_auditevent WHERE id > 0"]
)
def test_the_database_refuses_sql(event, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert AuditEvent.objects.get().action == "x.changed"


@pytest.mark.parametrize(
    "change",
    [lambda rows: rows.update(action="y"), lambda rows: rows.filter(pk__gt=0).delete()],
    ids=["update", "delete"],
)
def test_the_database_refuses_bulk_changes(event, change):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(AuditEvent.objects.all())


def test_a_row_refuses_to_be_saved_again_or_deleted(event):
    with pytest.raises(RuntimeError, match="append-only"):
        event.save()
    with pytest.raises(RuntimeError, match="append-only"):
        event.delete()


def test_a_customer_with_a_log_is_not_deleted(event, acme):
    with pytest.raises(DatabaseError), transaction.atomic():
        acme.delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_tests_that_commit_start_from_an_empty_log_that_is_still_protected(turn):
    assert not AuditEvent.objects.exists()
    audit.record("x.changed", factories.CustomerFactory())

    with pytest.raises(DatabaseError, match="append-only"):
        AuditEvent.objects.update(action="y")
