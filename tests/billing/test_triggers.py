"""What the database itself refuses, whoever writes to it: raw SQL, past the ORM."""

import pytest
from django.db import IntegrityError, connection, transaction

from billing import documents, services
from billing.models import Charge, Invoice
from portal.core.caller import SYSTEM
from tests.billing.conftest import NOVEMBER_2, OCTOBER, subscribed
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db

CHANGES = {
    "id": "id + 1000",
    "customer_id": "(SELECT MAX(id) FROM accounts_customer)",
    "period": "'2026-09-01'",
    "number": "'2026-000009'",
    "issued_on": "'2026-11-03'",
    "due_on": "'2027-12-31'",
    "issued_by_id": "(SELECT MAX(id) FROM accounts_user)",
    "seller": "'{}'",
    "buyer": "'{}'",
    "category": "'AE'",
    "rate": "0",
    "vat_note": "'Reverse charge'",
    "net": "1",
    "vat": "1",
    "gross": "1",
    "structured_communication": "'000000000101'",
    "created_at": "'2020-01-01 00:00:00+00:00'",
}


def run(sql: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.rowcount


def refused(sql: str) -> None:
    with pytest.raises(IntegrityError, match="never changed or deleted"):
        run(sql)


def test_every_column_is_either_frozen_or_known_to_change():
    assert {field.column for field in Invoice._meta.concrete_fields} == {*CHANGES, "state", "pdf"}


@pytest.mark.parametrize("column", CHANGES)
def test_a_column_of_an_issued_invoice_cannot_be_changed(issued, charlie, column):
    refused(f"UPDATE billing_invoice SET {column} = {CHANGES[column]}")


def test_an_issued_invoice_cannot_be_deleted(issued):
    refused("DELETE FROM billing_invoice")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM billing_charge",
        "UPDATE billing_charge SET net = 1",
        "UPDATE billing_charge SET description = 'Something else'",
    ],
)
def test_the_charges_of_an_issued_invoice_stay_as_they_are(issued, sql):
    refused(sql)


def test_an_issued_invoice_takes_no_new_charge(issued):
    (subscription,) = subscribed(CustomerFactory())
    columns = "customer_id, subscription_id, invoice_id, period, description, quantity, unit_price, net"
    values = f"{subscription.customer_id}, {subscription.pk}, {issued.pk}, '2026-10-01', 'Late', 1, 250, 250"

    refused(f"INSERT INTO billing_charge ({columns}) VALUES ({values})")


@pytest.mark.parametrize(("before", "after"), [("issued", "sent"), ("issued", "paid"), ("sent", "paid")])
def test_the_state_moves_forward(issued, before, after):
    run(f"UPDATE billing_invoice SET state = '{before}'")

    assert run(f"UPDATE billing_invoice SET state = '{after}'") == 1


@pytest.mark.parametrize(("before", "after"), [("paid", "sent"), ("sent", "issued"), ("issued", "lost")])
def test_the_state_never_moves_back(issued, before, after):
    if before != "issued":
        run(f"UPDATE billing_invoice SET state = '{before}'")

    refused(f"UPDATE billing_invoice SET state = '{after}'")


def test_an_issued_invoice_never_becomes_a_draft_again(issued):
    refused("UPDATE billing_invoice SET state = 'draft'")


def test_the_pdf_is_filled_in_once(issued):
    documents.pdf_of(issued)

    refused("UPDATE billing_invoice SET pdf = NULL")


def test_a_draft_has_no_number_and_an_issued_invoice_has_one(acme):
    subscribed(acme)
    services.make_drafts(OCTOBER)

    with pytest.raises(IntegrityError, match="numbered_when_issued"):
        run("UPDATE billing_invoice SET state = 'issued'")


def test_a_draft_may_be_changed_and_deleted(acme):
    subscribed(acme)
    services.make_drafts(OCTOBER)

    Invoice.objects.get().delete()

    assert not Charge.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda invoice: invoice.save(),
        lambda invoice: invoice.delete(),
        lambda invoice: Invoice.objects.update(gross=0),
        lambda invoice: Invoice.objects.all().delete(),
        lambda invoice: invoice.charges.get().save(),
        lambda invoice: invoice.charges.get().delete(),
        lambda invoice: invoice.charges.update(net=0),
        lambda invoice: invoice.charges.all().delete(),
    ],
)
def test_the_orm_refuses_before_the_database_has_to(issued, change):
    with pytest.raises(RuntimeError, match="corrected by a credit note"):
        change(issued)


def test_issuing_the_next_month_goes_on_beside_issued_ones(issued, acme):
    other = CustomerFactory()
    subscribed(other)
    services.make_drafts(OCTOBER)

    assert services.issue(Invoice.objects.get(customer=other), SYSTEM, NOVEMBER_2).number == "2026-000002"
