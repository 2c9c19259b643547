"""The PDFs of issued invoices, rendered by a worker of the outbox."""

from billing import documents
from billing.models import Invoice
from portal.core.models import Outgoing
from portal.core.outbox import delivers


@delivers("billing.invoice_pdf", "PDF of an invoice")
def render_pdf(row: Outgoing) -> None:
    """Makes the PDF of one issued invoice and keeps it. Doing it again changes nothing."""
    documents.pdf_of(Invoice.objects.get(pk=int(row.about_id)))
