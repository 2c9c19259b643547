"""Documents to keep."""

from django.http import HttpResponse

from billing import documents
from billing.models import Invoice


def pdf(invoice: Invoice) -> HttpResponse:
    """The PDF of an issued invoice as a download; its number is the name, so that files sort as they were issued."""
    name = f'attachment; filename="{invoice.number}.pdf"'
    return HttpResponse(
        documents.pdf_of(invoice), content_type="application/pdf", headers={"Content-Disposition": name}
    )
