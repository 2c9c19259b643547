"""What leaves the house, for engineers: how much waits, what failed, and what stopped."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from portal.accounts import selectors
from portal.accounts.access import StaffRequest, staff_page
from portal.accounts.permissions import ENGINEERS
from portal.core import outbox
from portal.core.htmx import go, page
from portal.core.lists import paginate
from portal.core.models import Outgoing


@staff_page(ENGINEERS)
def queues(request: StaffRequest) -> HttpResponse:
    """What stopped on its way out, what failed and is tried again, and how much waits."""
    stopped = paginate(request, selectors.stopped())
    context = {
        "counts": selectors.waiting_counts(),
        "minutes": int(selectors.LATE.total_seconds() // 60),
        "page": stopped,
        "stopped": _in_words(stopped),
        "failing": _in_words(selectors.failing()[: settings.PAGE_SIZE]),
    }
    return page(request, "accounts/queues.html", context)


@staff_page(ENGINEERS)
@require_POST
def outgoing_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Sends what stopped again."""
    outbox.send_again(get_object_or_404(Outgoing, pk=pk), request.caller)
    messages.success(request, "It is being sent again.")
    return go(request, "queues")


def _in_words(rows: Iterable[Outgoing]) -> list[tuple[Outgoing, str]]:
    """Each row with what staff call its kind."""
    return [(row, outbox.words_of(row.kind)) for row in rows]
