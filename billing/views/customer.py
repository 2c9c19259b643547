"""What a customer sees: the plan, what it costs, and the invoices."""

from django.http import HttpResponse
from django.utils import timezone

from billing import documents, selectors, states
from billing.models import Invoice
from billing.plans import BASIC_SUPPORT
from billing.views.document import pdf, shown
from portal.accounts.access import CustomerRequest, customer_page, load
from portal.accounts.permissions import Can
from portal.core.htmx import page
from portal.core.lists import paginate


@customer_page(Can.BILLING)
def billing(request: CustomerRequest) -> HttpResponse:
    """The plan with what it includes and excludes, the applications billed, the invoices and the next one."""
    subscriptions = list(selectors.subscriptions_of(request.customer))
    context = {
        "subscriptions": subscriptions,
        "plan": subscriptions[0].plan if subscriptions else BASIC_SUPPORT,
        "next": selectors.next_invoice(request.customer, timezone.localdate()),
        "page": paginate(request, selectors.invoices_of(request.customer)),
    }
    return page(request, "billing/billing.html", context, partial="list")


@customer_page(Can.BILLING)
def invoice(request: CustomerRequest, pk: int) -> HttpResponse:
    """One invoice; a draft does not exist for customers."""
    row = load(Invoice, request.customer, pk=pk, state__in=states.NUMBERED)
    return page(request, "billing/invoice.html", shown(row, documents.of_issued(row)))


@customer_page(Can.BILLING)
def invoice_pdf(request: CustomerRequest, pk: int) -> HttpResponse:
    """The invoice's PDF, named by its number."""
    return pdf(load(Invoice, request.customer, pk=pk, state__in=states.NUMBERED))
