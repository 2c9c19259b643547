from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from billing.pdf import InvoiceDocument, Issue, Recipient, Seller, UnprintableTextError, render
from billing.rules import ogm, vat
from billing.rules.money import Line, totals
from billing.rules.terms import Month

SELLER = Seller(
    name="in4it",
    legal_form="NV",
    address=("Voorbeeldstraat 12", "2000 Antwerpen", "Belgium"),
    vat_number="BE0697449992",
    enterprise_number="0697.449.992",
    register="RPR Antwerpen, afdeling Antwerpen",
    iban="BE68539007547034",
    bic="KREDBEBB",
    email="billing@in4it.example",
    telephone="+32 3 000 00 00",
)
ISSUE = Issue("2026-0001", date(2026, 11, 2), date(2026, 12, 2), ogm.make(2026000001))


def invoice(buyer: vat.Buyer, descriptions: list[str], issue: Issue | None = ISSUE) -> InvoiceDocument:
    decision = vat.decide(buyer)
    lines = tuple(
        Line(description, Decimal(1), Decimal(250), decision.category, decision.rate) for description in descriptions
    )
    return InvoiceDocument(
        seller=SELLER,
        recipient=Recipient("Acme Logistics BV", ("Kerkstraat 1", "9000 Gent"), decision.buyer_vat_number),
        period=Month(2026, 10),
        lines=lines,
        totals=totals(lines),
        notes=(decision.note,) if decision.note else (),
        issue=issue,
    )


def business(country: str, vat_number: str = "") -> vat.Buyer:
    return vat.Buyer(country, is_business=True, vat_number=vat_number)


def domestic(*descriptions: str, issue: Issue | None = ISSUE) -> InvoiceDocument:
    buyer = business("BE", "BE0428759497")
    return invoice(buyer, list(descriptions or ["Basic Support, web shop"]), issue)


def pages(document: InvoiceDocument) -> list[str]:
    """The words of each page, whatever the line breaks and the kinds of space."""
    found = PdfReader(BytesIO(render(document))).pages
    return [" ".join(page.extract_text().replace("\u200b", "").split()) for page in found]


def test_an_issued_invoice_bears_every_mention_that_the_law_asks_for():
    (text,) = pages(domestic())

    for mention in (
        "Invoice 2026-0001",
        "Issue date 2 November 2026",
        "Due date 2 December 2026",
        "Supply period 1 to 31 October 2026",
        "in4it NV",
        "Registered office: Voorbeeldstraat 12, 2000 Antwerpen, Belgium",
        "VAT BE0697449992",
        "Enterprise number 0697.449.992",
        "RPR Antwerpen, afdeling Antwerpen",
        "Acme Logistics BV Kerkstraat 1 9000 Gent VAT BE0428759497",
        "Basic Support, web shop 1 € 250.00 21% € 250.00",
        "VAT rate Base VAT 21% € 250.00 € 52.50",
        "Total excluding VAT € 250.00 VAT € 52.50 Total to pay € 302.50",
        "Please pay € 302.50 by 2 December 2026",
        "BE68 5390 0754 7034",
        "KREDBEBB",
        "+++202/6000/00192+++",
        "Page 1 of 1",
    ):
        assert mention in text


def test_a_reverse_charged_invoice_says_so_and_asks_no_vat():
    (text,) = pages(invoice(business("NL", "NL004495445B01"), ["Basic Support, planner"] * 2))

    assert "Reverse charge / Btw verlegd, art. 21 §2 Belgian VAT Code, art. 196 Directive 2006/112/EC" in text
    assert "Reverse charge € 500.00 € 0.00" in text
    assert "Total to pay € 500.00" in text
    assert "VAT NL004495445B01" in text
    assert "%" not in text


def test_an_invoice_outside_the_scope_names_no_rate():
    (text,) = pages(invoice(business("US"), ["Basic Support, planner"]))

    assert "Basic Support, planner 1 € 250.00 Outside scope € 250.00" in text
    assert "Outside the scope of Belgian VAT" in text
    assert "%" not in text


def test_a_draft_cannot_pass_for_an_invoice():
    (text,) = pages(domestic(issue=None))

    assert "DRAFT" in text
    assert "Not an invoice: it has no number yet" in text
    assert "Basic Support, web shop" in text
    for absent in ("Issue date", "Due date", "Please pay", "IBAN", "+++"):
        assert absent not in text


def test_an_issued_invoice_is_not_marked_as_a_draft():
    assert "draft" not in pages(domestic())[0].lower()


def test_a_long_invoice_repeats_the_header_and_keeps_every_line():
    first, second = pages(domestic(*(f"Basic Support, application {n:02}" for n in range(1, 46))))

    for page in (first, second):
        assert "Description Quantity Unit price VAT Amount" in page
    assert all(f"application {n:02} 1 €" in first + second for n in range(1, 46))
    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in second
    assert "Total to pay € 13,612.50" in second


def test_what_a_customer_types_is_text_and_never_markup():
    hostile = '#panic("x") *bold* $a$ <label> @ref \\ // "quoted" #read("/etc/passwd")'

    (text,) = pages(domestic(hostile))

    assert hostile in text.replace("“", '"').replace("”", '"')


def test_a_word_longer_than_its_column_is_broken_and_kept_whole():
    (text,) = pages(domestic("a" * 150))

    assert "a" * 150 in text.replace(" ", "")


def test_names_in_greek_and_cyrillic_are_printed():
    document = replace(domestic(), recipient=Recipient("Ελληνική Εταιρεία", ("ул. Витоша 1", "Łódź")))

    assert "Ελληνική Εταιρεία ул. Витоша 1 Łódź" in pages(document)[0]


@pytest.mark.parametrize("character", ["中", "😀"])
def test_a_character_that_the_font_lacks_is_refused_with_a_sentence(character: str):
    document = replace(domestic(), recipient=Recipient(f"Acme {character}", ("Kerkstraat 1",)))

    with pytest.raises(UnprintableTextError) as refused:
        render(document)

    assert str(refused.value) == (
        f'The invoice cannot be printed because its font lacks the character "{character}". '
        "Write the customer's name, the address and the descriptions in Latin, Greek or Cyrillic letters."
    )


@pytest.mark.parametrize("document", [domestic(), domestic(issue=None)], ids=["issued", "draft"])
def test_the_same_document_gives_the_same_bytes(document: InvoiceDocument):
    assert render(document) == render(document)


def test_the_file_is_archivable_and_names_itself():
    reader = PdfReader(BytesIO(render(domestic())))

    assert reader.metadata.title == "Invoice 2026-0001 - in4it"
    assert reader.metadata.creation_date.date() == ISSUE.issued_on
    assert b"pdfaid:part>3" in reader.xmp_metadata.stream.get_data()
    assert reader.trailer["/Root"]["/Lang"].startswith("en")
