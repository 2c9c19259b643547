"""Triggers that keep issued invoices as they are, whoever writes to the database.

An issued invoice allows two changes: its state moves forward, and its PDF is filled in once. Its charges allow none.
"""

from django.db import migrations

FINAL = "An issued invoice is never changed or deleted."

# Every column but state and pdf; tests/billing/test_triggers.py fails when one is forgotten here.
FROZEN = (
    "id", "customer_id", "period", "number", "issued_on", "due_on", "issued_by_id", "seller", "buyer", "category",
    "rate", "vat_note", "net", "vat", "gross", "structured_communication", "created_at",
)
UNCHANGED = {
    "postgresql": " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FROZEN),
    "sqlite": " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in FROZEN),
}
FORWARD = """(
    NEW.state = OLD.state
    OR (OLD.state = 'issued' AND NEW.state IN ('sent', 'paid'))
    OR (OLD.state = 'sent' AND NEW.state = 'paid')
)"""


def frozen(vendor: str) -> str:
    """The condition under which an UPDATE of an issued invoice is refused."""
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    return f"({UNCHANGED[vendor]} OR NOT {FORWARD} OR (OLD.pdf IS NOT NULL AND NEW.pdf {differs} OLD.pdf))"


def of_issued(row: str) -> str:
    return f"EXISTS (SELECT 1 FROM billing_invoice WHERE id = {row}.invoice_id AND state <> 'draft')"


# name, table, event, condition
RULES = {
    vendor: (
        ("billing_invoice_update", "billing_invoice", "UPDATE", f"OLD.state <> 'draft' AND {frozen(vendor)}"),
        ("billing_invoice_delete", "billing_invoice", "DELETE", "OLD.state <> 'draft'"),
        ("billing_charge_insert", "billing_charge", "INSERT", of_issued("NEW")),
        ("billing_charge_update", "billing_charge", "UPDATE", f"{of_issued('OLD')} OR {of_issued('NEW')}"),
        ("billing_charge_delete", "billing_charge", "DELETE", of_issued("OLD")),
    )
    for vendor in UNCHANGED
}


def sqlite(name, table, event, condition):
    yield f"""CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition}
        BEGIN SELECT RAISE(ABORT, '{FINAL}'); END"""


def postgresql(name, table, event, condition):
    answer = "OLD" if event == "DELETE" else "NEW"
    yield f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF {condition} THEN RAISE EXCEPTION '{FINAL}' USING ERRCODE = 'restrict_violation'; END IF;
        RETURN {answer}; END $$"""
    yield f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"


MAKE = {"sqlite": sqlite, "postgresql": postgresql}


def install(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for rule in RULES[vendor]:
        for statement in MAKE[vendor](*rule):
            schema_editor.execute(statement)


def remove(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for name, table, _, _ in RULES[vendor]:
        if vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {name} ON {table}")
            schema_editor.execute(f"DROP FUNCTION {name}()")
        else:
            schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
