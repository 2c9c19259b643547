"""The queues of mail and documents, for engineers."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from portal.accounts.access import ENGINEERS, StaffRequest, staff_page
from portal.core import queues as waiting
from portal.core.errors import UserError
from portal.core.htmx import go, page


@staff_page(ENGINEERS)
def queues(request: StaffRequest) -> HttpResponse:
    """What waits, runs and failed."""
    context: dict[str, Any]
    try:
        context = {"queues": waiting.queues()}
    except UserError as refusal:
        context = {"refusal": refusal}
    return page(request, "accounts/queues.html", context)


@staff_page(ENGINEERS)
@require_POST
def queue_retry(request: StaffRequest, queue: str, job_id: str) -> HttpResponse:
    """Tries a failed job again."""
    waiting.retry(queue, job_id)
    messages.success(request, "The job waits for a worker again.")
    return go(request, "queues")
