"""Invoices as they are printed: a draft from today's data, an issued one from what was frozen and nothing else."""

from dataclasses import asdict
from typing import Any

from django.conf import settings

from billing.bills import Bill
from billing.models import Charge, Invoice
from billing.pdf import InvoiceDocument, Issue, Recipient, Seller, render
from billing.rules.money import Line, totals
from billing.rules.terms import Month
from billing.rules.vat import Category, VatDecision
from portal.accounts.countries import COUNTRIES
from portal.accounts.models import Customer


def seller() -> Seller:
    """Who invoices now, from the settings."""
    facts = settings.SELLER
    return Seller(
        name=facts["name"].removesuffix(f" {facts['legal_form']}"),  # the document writes the form after the name
        legal_form=facts["legal_form"],
        address=tuple(line.strip() for line in facts["address"].split(",")),
        vat_number=facts["vat_number"],
        enterprise_number=facts["enterprise_number"],
        register=facts["court"],
        iban=facts["iban"],
        bic=facts["bic"],
        email=facts["email"],
        telephone=settings.SUPPORT_PHONE,
    )


def recipient(customer: Customer, decision: VatDecision) -> Recipient:
    """Who is invoiced now. The country is written where it is not the seller's."""
    abroad = customer.country != settings.SELLER["country"]
    country = (str(COUNTRIES.get(customer.country, customer.country)),) if abroad else ()
    address = (customer.street, f"{customer.postal_code} {customer.city}", *country)
    return Recipient(customer.legal_name, address, decision.buyer_vat_number)


def frozen_buyer(bill: Bill) -> dict[str, Any]:
    """What an issued invoice keeps of its buyer."""
    customer = bill.customer
    facts = asdict(recipient(customer, bill.decision))
    return {**facts, "country": customer.country, "customer": customer.slug, "reference": customer.reference}


def of_bill(bill: Bill) -> InvoiceDocument:
    """The draft as it would be printed now."""
    return InvoiceDocument(
        seller=seller(),
        recipient=recipient(bill.customer, bill.decision),
        period=bill.month,
        lines=bill.lines,
        totals=bill.totals,
        notes=_notes(bill.decision.note, bill.customer.reference),
    )


def of_issued(invoice: Invoice) -> InvoiceDocument:
    """The issued invoice, from its frozen data."""
    if invoice.issued_on is None or invoice.due_on is None or invoice.number is None:
        raise ValueError(f"{invoice} is not issued.")
    lines = tuple(_line(invoice, charge) for charge in invoice.charges.all())
    buyer = invoice.buyer
    return InvoiceDocument(
        seller=Seller(**{**invoice.seller, "address": tuple(invoice.seller["address"])}),
        recipient=Recipient(buyer["name"], tuple(buyer["address"]), buyer["vat_number"]),
        period=Month.of(invoice.period),
        lines=lines,
        totals=totals(lines),
        notes=_notes(invoice.vat_note, buyer["reference"]),
        issue=Issue(invoice.number, invoice.issued_on, invoice.due_on, invoice.structured_communication),
    )


def pdf_of(invoice: Invoice) -> bytes:
    """The PDF of an issued invoice: rendered the first time it is asked for, kept for ever after."""
    if invoice.pdf is None:
        invoice.pdf = render(of_issued(invoice))
        Invoice.objects.filter(pk=invoice.pk, pdf=None).update(pdf=invoice.pdf)
    return bytes(invoice.pdf)


def _line(invoice: Invoice, charge: Charge) -> Line:
    return Line(charge.description, charge.quantity, charge.unit_price, Category(invoice.category), invoice.rate)


def _notes(vat_note: str, reference: str) -> tuple[str, ...]:
    return tuple(note for note in (vat_note, f"Your reference: {reference}" if reference else "") if note)
