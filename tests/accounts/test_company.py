"""The customer's legal and billing data."""

import pytest

from portal.accounts import services
from portal.accounts.countries import vat_number
from portal.accounts.rules import CompanyData
from portal.core.models import AuditEvent
from tests.callers import by

VALID = {
    "legal_name": "Acme NV",
    "street": "Grote Markt 1",
    "postal_code": "2000",
    "city": "Antwerpen",
    "country": "BE",
    "is_business": "on",
    "vat_number": "0417.497.106",
    "billing_email": "invoices@customer.example",
    "reference": "PO-7",
}


def test_an_owner_saves_it_and_the_log_keeps_what_changed(browse, acme, alice):
    response = browse(alice).post("/c/acme/company/", VALID)

    acme.refresh_from_db()
    assert response["Location"] == "/c/acme/company/"
    assert (acme.vat_number, acme.reference) == ("BE0417497106", "PO-7")
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.before, event.after) == (
        "customer.changed",
        alice,
        {"reference": ""},
        {"reference": "PO-7"},
    )


def test_saving_it_unchanged_writes_no_event(browse, acme, alice):
    browse(alice).post("/c/acme/company/", {**VALID, "reference": ""})

    assert not AuditEvent.objects.exists()


def test_a_wrong_vat_number_is_refused_at_its_field_and_nothing_is_saved(browse, acme, alice):
    response = browse(alice).post("/c/acme/company/", {**VALID, "city": "Gent", "vat_number": "BE0417497107"})

    acme.refresh_from_db()
    assert response.status_code == 422
    assert "This is not a VAT number of Belgium." in response.content.decode()
    assert acme.city == "Antwerpen"


def test_a_script_gets_the_number_printed_one_way_too(acme, alice):
    data = {**VALID, "is_business": True, "legal_name": " Acme NV ", "vat_number": "BE 0417.497.106"}

    services.change_company(acme, CompanyData(**data), by(alice))

    acme.refresh_from_db()
    assert (acme.legal_name, acme.vat_number) == ("Acme NV", "BE0417497106")


def test_htmx_gets_only_the_form_back(browse, alice):
    response = browse(alice).post("/c/acme/company/", {"country": "XX"}, headers={"HX-Request": "true"})

    assert response.status_code == 422
    assert "<html" not in response.content.decode()


@pytest.mark.parametrize(
    ("written", "country", "printed"),
    [
        ("BE 0417.497.106", "BE", "BE0417497106"),
        ("417497106", "BE", "BE0417497106"),
        ("004495445B01", "NL", "NL004495445B01"),
        ("094259216", "GR", "EL094259216"),
        ("GR094259216", "GR", "EL094259216"),
        ("EL 094259216", "GR", "EL094259216"),
        ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA"),
        ("12-3456789", "US", "123456789"),
    ],
)
def test_vat_numbers_are_printed_one_way(written, country, printed):
    assert vat_number(written, country) == printed


@pytest.mark.parametrize(("written", "country"), [("BE0417497106", "NL"), ("DE123", "DE"), ("CHE1", "CH"), ("-", "BE")])
def test_vat_numbers_that_cannot_be_are_refused(written, country):
    with pytest.raises(ValueError, match="This is not a VAT number of"):
        vat_number(written, country)
