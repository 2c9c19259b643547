"""What leaves the house, for engineers: how much waits, what failed, and what stopped."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.accounts import selectors
from portal.accounts.access import StaffRequest, staff_page
from portal.accounts.lists import FAILING, STOPPED
from portal.accounts.permissions import ENGINEERS
from portal.core import outbox
from portal.core.htmx import go
from portal.core.models import Outgoing


@staff_page(ENGINEERS)
def queues(request: StaffRequest) -> HttpResponse:
    """What stopped on its way out, what failed and is tried again, and how much waits."""
    failing = FAILING.show(request, selectors.failing())
    if file := failing.export():
        return file
    context = {
        "counts": selectors.waiting_counts(),
        "minutes": int(selectors.LATE.total_seconds() // 60),
        "failing": failing,
    }
    return STOPPED.show(request, selectors.stopped()).page("accounts/queues.html", context, partial="")


@staff_page(ENGINEERS)
@require_POST
def outgoing_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Sends what stopped again."""
    outbox.send_again(get_object_or_404(Outgoing, pk=pk), request.caller)
    messages.success(request, _("It is being sent again."))
    return go(request, "queues")
