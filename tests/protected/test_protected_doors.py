"""Ways round a row trigger: emptying whole tables, replacing rows, moving a row onto another."""

import pytest
from django.core.management import CommandError, call_command
from django.core.management.color import no_style
from django.core.management.sql import sql_flush
from django.db import IntegrityError, connection, transaction

from billing import services
from billing.models import Charge, Invoice
from portal.core.models import AuditEvent
from portal.core.protected.installing import open_tables
from tests.billing.conftest import OCTOBER, subscribed
from tests.factories import CustomerFactory
from tests.protected.conftest import rows, run

TABLES = ["core_auditevent", "billing_invoice", "billing_charge"]
KEYLESS = {  # every column but the key, so that another unique value is what meets the frozen row
    model: ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields if not field.primary_key)
    for model in (AuditEvent, Invoice, Charge)
}
ROUND = {
    "postgresql": [
        *(f"TRUNCATE {table} CASCADE" for table in TABLES),
        "TRUNCATE accounts_customer CASCADE",
        "TRUNCATE accounts_user CASCADE",
        "INSERT INTO billing_charge SELECT * FROM billing_charge ON CONFLICT (id) DO UPDATE SET net = 1",
        "INSERT INTO billing_invoice SELECT * FROM billing_invoice ON CONFLICT (number) DO UPDATE SET gross = 1",
        "INSERT INTO core_auditevent SELECT * FROM core_auditevent ON CONFLICT (id) DO UPDATE SET action = 'x'",
        # A temporary table is found before the real one by whoever looks for it without a schema.
        "CREATE TEMP TABLE billing_invoice AS SELECT 0::bigint AS id, 'draft' AS state; DELETE FROM billing_charge",
        "ALTER TABLE billing_invoice ADD COLUMN by_hand integer; UPDATE billing_invoice SET by_hand = 1",
    ],
    "sqlite": [
        *(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" for table in TABLES),
        *(f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1" for table in TABLES),
        *(f"UPDATE OR REPLACE {table} SET id = id + 1" for table in TABLES),
        *(f"UPDATE {table} SET rowid = rowid + 1000" for table in TABLES),
        f"INSERT OR REPLACE INTO billing_invoice ({KEYLESS[Invoice]}) SELECT {KEYLESS[Invoice]} FROM billing_invoice",
        f"INSERT OR REPLACE INTO billing_charge ({KEYLESS[Charge]}) SELECT {KEYLESS[Charge]} FROM billing_charge",
        "INSERT INTO billing_charge SELECT * FROM billing_charge WHERE true ON CONFLICT (id) DO UPDATE SET net = 1",
    ],
}[connection.vendor]


def contents():
    return {table: rows(table) for table in TABLES}


def run_all(script):
    with transaction.atomic():
        for statement in script.split("; "):
            run(statement)


@pytest.mark.parametrize("script", ROUND)
def test_there_is_no_way_round(invoice, script):
    before = contents()

    with pytest.raises(IntegrityError, match=r"append-only|never changed or deleted"):
        run_all(script)

    assert contents() == before


@pytest.fixture
def draft(invoice):
    """Another customer's invoice, not issued."""
    customer = CustomerFactory(name="Beta")
    subscribed(customer)
    services.make_drafts(OCTOBER)
    return Invoice.objects.get(customer=customer)


MOVES = [
    "id = {issued}",
    "customer_id = (SELECT customer_id FROM billing_invoice WHERE id = {issued})",
    "number = '2026-000001', state = 'issued', issued_on = period, due_on = period",
]
OR_REPLACE, ANSWER = {
    "postgresql": ("", "duplicate key value"),
    "sqlite": ("OR REPLACE", "An issued invoice is never changed or deleted."),
}[connection.vendor]


@pytest.mark.parametrize("move", MOVES)
def test_a_draft_does_not_take_the_place_of_an_issued_invoice(invoice, draft, move):
    before = contents()

    with pytest.raises(IntegrityError, match=ANSWER):
        run(f"UPDATE {OR_REPLACE} billing_invoice SET {move.format(issued=invoice.pk)} WHERE id = {draft.pk}")

    assert contents() == before


def test_a_charge_of_a_draft_does_not_move_to_an_issued_invoice(invoice, draft):
    with pytest.raises(IntegrityError, match="never changed or deleted"):
        run(f"UPDATE billing_charge SET invoice_id = {invoice.pk} WHERE invoice_id = {draft.pk}")


def test_a_draft_may_be_replaced_and_its_charges_changed(invoice, draft):
    assert run(f"UPDATE {OR_REPLACE} billing_invoice SET vat_note = 'x' WHERE id = {draft.pk}") == 1
    assert run(f"UPDATE billing_charge SET net = 1 WHERE invoice_id = {draft.pk}") == 1
    assert run(f"DELETE FROM billing_charge WHERE invoice_id = {draft.pk}") == 1
    assert run(f"DELETE FROM billing_invoice WHERE id = {draft.pk}") == 1


def test_rows_that_meet_nothing_are_added(invoice):
    before, columns = AuditEvent.objects.count(), KEYLESS[AuditEvent]

    assert run(f"INSERT INTO core_auditevent ({columns}) SELECT {columns} FROM core_auditevent") == before


def test_flush_is_refused_with_a_sentence(invoice, settings):
    settings.TESTING = False
    before = contents()

    with pytest.raises(
        CommandError, match=r"not flushed: it would empty protected tables \(billing_charge, billing_in"
    ):
        call_command("flush", interactive=False)

    assert contents() == before
    assert open_tables(connection) == []


def test_what_sqlflush_prints_is_refused_too(invoice):
    before = contents()

    with pytest.raises(IntegrityError, match=r"append-only|never changed or deleted"):
        connection.ops.execute_sql_flush(sql_flush(no_style(), connection, allow_cascade=True))

    assert contents() == before


@pytest.mark.parametrize(
    ("app", "tables"), [("core", "core_auditevent"), ("billing", "billing_charge, billing_invoice")]
)
def test_migrating_back_does_not_drop_a_table_with_frozen_rows(invoice, app, tables):
    before = contents()

    with pytest.raises(CommandError, match=rf"Not migrated: it would drop tables with rows that must stay .*{tables}"):
        call_command("migrate", app, "zero", verbosity=0)

    assert contents() == before
    assert open_tables(connection) == []
