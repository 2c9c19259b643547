"""The audit log: a customer's own, and that of all customers for engineers."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse

from portal.accounts import selectors
from portal.accounts.access import CustomerRequest, StaffRequest, customer_page, staff_page
from portal.accounts.changes import Entry, entry
from portal.accounts.forms import AuditFilter
from portal.accounts.lists import AUDIT
from portal.accounts.models import Customer
from portal.accounts.permissions import ENGINEERS, Can
from portal.core.models import AuditEvent


@customer_page(Can.AUDIT)
def audit(request: CustomerRequest) -> HttpResponse:
    """What happened in this customer."""
    return _log(request, request.customer, without=["customer"])


@staff_page(ENGINEERS)
def staff_audit(request: StaffRequest) -> HttpResponse:
    """What happened anywhere."""
    return _log(request)


def _log(request: HttpRequest, customer: Customer | None = None, without: Sequence[str] = ()) -> HttpResponse:
    filters = AuditFilter(request.GET)
    events = selectors.audit_events(customer, **filters.criteria)
    return AUDIT.show(request, events, filters, without=without, prepare=_entries).page("accounts/audit.html")


def _entries(events: Sequence[AuditEvent]) -> list[Entry]:
    return [entry(event) for event in events]
