"""The queues of mail and documents, for engineers."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from portal.accounts.access import ENGINEERS, StaffRequest, staff_page
from portal.core import outbox
from portal.core import queues as waiting
from portal.core.errors import UserError
from portal.core.htmx import go, page
from portal.core.lists import paginate
from portal.core.models import Outgoing


@staff_page(ENGINEERS)
def queues(request: StaffRequest) -> HttpResponse:
    """What stopped on its way out, and what waits, runs and failed in the queues."""
    stopped = Outgoing.objects.filter(stopped_at__isnull=False, done_at=None).select_related("customer")
    context: dict[str, Any] = {"page": paginate(request, stopped)}
    try:
        context["queues"] = waiting.queues()
    except UserError as refusal:
        context["refusal"] = refusal
    return page(request, "accounts/queues.html", context)


@staff_page(ENGINEERS)
@require_POST
def outgoing_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Sends what stopped again."""
    outbox.send_again(get_object_or_404(Outgoing, pk=pk), request.user)
    messages.success(request, "It is being sent again.")
    return go(request, "queues")


@staff_page(ENGINEERS)
@require_POST
def queue_retry(request: StaffRequest, queue: str, job_id: str) -> HttpResponse:
    """Tries a failed job again."""
    waiting.retry(queue, job_id)
    messages.success(request, "The job waits for a worker again.")
    return go(request, "queues")
