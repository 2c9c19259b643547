"""What the pages about one invoice have in common: the document on the page, and its PDF."""

from typing import Any

from django.http import HttpResponse

from billing import documents
from billing.models import Invoice
from billing.pdf import InvoiceDocument
from billing.rules import ogm
from billing.rules.money import line_net


def shown(invoice: Invoice, document: InvoiceDocument) -> dict[str, Any]:
    """What templates/billing/_document.html and its neighbours show."""
    return {
        "invoice": invoice,
        "document": document,
        "lines": [(line, line_net(line)) for line in document.lines],
        "communication": ogm.formatted(document.issue.ogm) if document.issue else "",
    }


def pdf(invoice: Invoice) -> HttpResponse:
    """The PDF of an issued invoice as a download; its number is the name, so that files sort as they were issued."""
    name = f'attachment; filename="{invoice.number}.pdf"'
    return HttpResponse(
        documents.pdf_of(invoice), content_type="application/pdf", headers={"Content-Disposition": name}
    )
