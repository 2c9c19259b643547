"""A protected table takes every kind of migration, and refuses afterwards what it refused before."""

import pytest
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import IntegrityError, connection, models
from django.db.migrations import AddField, AlterField, Migration, RemoveField, RenameField, RunSQL
from django.db.migrations.loader import MigrationLoader

from billing.models import Charge, Invoice
from portal.core.models import AuditEvent
from portal.core.protected.declared import protected_models, protection_of
from portal.core.protected.installing import open_tables
from tests.protected.conftest import rows, run

OF_AN_OLD_COLUMN = {AuditEvent: "target_name = 'X'", Invoice: "gross = 1", Charge: "net = 1"}
TEXT = {AuditEvent: "action", Invoice: "vat_note", Charge: "description"}  # a field to alter, remove and rename
LONGER = models.TextField(default="longer")
# What is migrated, and an assignment to the column it leaves behind, if any.
OPERATIONS = {
    "AddField, nullable": (lambda name, _: AddField(name, "added", models.IntegerField(null=True)), "added = 7"),
    "AddField, with a default": (
        lambda name, _: AddField(name, "kind", models.CharField(max_length=10, default="invoice")),
        "kind = 'other'",
    ),
    "AlterField": (lambda name, text: AlterField(name, text, LONGER), "{text} = 'changed'"),
    "RemoveField": (RemoveField, ""),
    "RenameField": (lambda name, text: RenameField(name, text, "renamed"), "renamed = 'changed'"),
}


def migrate(model, *operations):
    """What manage.py migrate does with a migration of these operations."""
    migration = Migration("9999_scratch", model._meta.app_label)
    migration.operations = list(operations)
    emit_pre_migrate_signal(verbosity=0, interactive=False, db="default", plan=[(migration, False)])
    with connection.schema_editor(atomic=True) as editor:
        migration.apply(MigrationLoader(connection).project_state(), editor)
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")


def refused(model, sql):
    before = rows(model._meta.db_table)
    with pytest.raises(IntegrityError, match=protection_of(model).sentence):
        run(sql)
    assert rows(model._meta.db_table) == before != []


def test_every_protected_table_is_tried_here():
    assert set(protected_models()) == OF_AN_OLD_COLUMN.keys() == TEXT.keys()


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("model", TEXT)
def test_an_altered_table_refuses_what_it_refused(invoice, model, operation):
    make, assignment = OPERATIONS[operation]
    table, text = model._meta.db_table, TEXT[model]

    migrate(model, make(model.__name__.lower(), text))

    assert open_tables(connection) == []
    refused(model, f"UPDATE {table} SET {OF_AN_OLD_COLUMN[model]}")
    refused(model, f"UPDATE {table} SET id = id + 1000")
    if assignment:
        refused(model, f"UPDATE {table} SET {assignment.format(text=text)}")
    refused(model, f"DELETE FROM {table}")
    if connection.vendor == "postgresql":
        refused(model, f"TRUNCATE {table} CASCADE")
    else:
        refused(model, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
        refused(model, f"UPDATE OR REPLACE {table} SET id = id + 1")


@pytest.mark.parametrize("operation", ["AddField, nullable", "AddField, with a default"])
def test_what_may_change_still_may(invoice, operation):
    make, _ = OPERATIONS[operation]
    migrate(Invoice, make("invoice", ""))

    assert run("UPDATE billing_invoice SET state = 'sent', pdf = 'once'") == 1
    refused(Invoice, "UPDATE billing_invoice SET pdf = 'twice'")


def test_a_migration_may_write_to_frozen_rows(invoice):
    """A new column that must not be empty is filled for the rows that are there."""
    empty, filled = models.CharField(max_length=10, null=True), models.CharField(max_length=10)

    migrate(
        Invoice,
        AddField("invoice", "kind", empty),
        RunSQL("UPDATE billing_invoice SET kind = 'invoice'"),
        AlterField("invoice", "kind", filled),
    )

    assert run("UPDATE billing_invoice SET state = 'sent' WHERE kind = 'invoice'") == 1
    refused(Invoice, "UPDATE billing_invoice SET kind = 'other'")
