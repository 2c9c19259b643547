"""The PDFs of issued invoices, rendered by an RQ worker."""

from collections.abc import Iterable

import django_rq
import structlog
from django.db import transaction
from redis.exceptions import RedisError

from billing import documents
from billing.models import Invoice

log = structlog.get_logger(__name__)


def render_later(invoices: Iterable[Invoice]) -> None:
    """Hands the PDFs to a worker once the invoices are committed. A lost queue is no error: a download renders too."""
    keys = [invoice.pk for invoice in invoices]
    transaction.on_commit(lambda: _enqueue(keys))


def render_pdf(pk: int) -> None:
    """The job: makes the PDF of one issued invoice and keeps it. Doing it again changes nothing."""
    documents.pdf_of(Invoice.objects.get(pk=pk))


def _enqueue(keys: Iterable[int]) -> None:
    try:
        queue = django_rq.get_queue("documents", commit_mode="auto")
        for pk in keys:
            queue.enqueue(render_pdf, pk, description=f"PDF of invoice {pk}")
    except RedisError as error:
        log.warning("billing.queue_unreachable", error=str(error))
