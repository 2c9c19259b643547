"""The audit log: a customer's own, and that of all customers for engineers."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from portal.accounts import selectors
from portal.accounts.access import CustomerRequest, StaffRequest, customer_page, staff_page
from portal.accounts.changes import entry
from portal.accounts.forms import AuditFilter
from portal.accounts.permissions import ENGINEERS, Can
from portal.core.htmx import page
from portal.core.lists import paginate


@customer_page(Can.AUDIT)
def audit(request: CustomerRequest) -> HttpResponse:
    """What happened in this customer."""
    return page(request, "accounts/audit.html", _log(request, customer=request.customer), partial="list")


@staff_page(ENGINEERS)
def staff_audit(request: StaffRequest) -> HttpResponse:
    """What happened anywhere."""
    return page(request, "accounts/audit.html", {**_log(request), "everywhere": True}, partial="list")


def _log(request: HttpRequest, **scope: Any) -> dict[str, Any]:
    form = AuditFilter(request.GET)
    events = paginate(request, selectors.audit_events(**scope, **form.criteria))
    return {"form": form, "page": events, "entries": [entry(event) for event in events]}
