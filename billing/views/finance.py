"""Finance's lists: invoices and customers."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing import bills, documents, selectors, services
from billing.forms import CustomerFilter, InvoiceFilter, SubscribeForm, said
from billing.lists import ALL_INVOICES, CUSTOMERS
from billing.models import Invoice
from billing.pdf import InvoiceDocument
from billing.rules.terms import Month
from billing.views.document import pdf, shown
from portal.accounts.access import StaffRequest, staff_page
from portal.accounts.permissions import FINANCE
from portal.core.errors import UserError
from portal.core.htmx import go, page


@staff_page(FINANCE)
def finance_invoices(request: StaffRequest) -> HttpResponse:
    """All invoices and drafts, by month, customer and state."""
    filters = InvoiceFilter(request.GET)
    found = selectors.invoices(**filters.criteria)
    return ALL_INVOICES.show(request, found, filters).page("billing/finance_invoices.html")


@staff_page(FINANCE)
def finance_invoice(request: StaffRequest, pk: int) -> HttpResponse:
    """One invoice or draft: the document's data, its state, its PDF."""
    row = get_object_or_404(Invoice.objects.select_related("customer", "issued_by"), pk=pk)
    document, problem = _document(row)
    facts = shown(row, document) if document else {"invoice": row}
    return page(request, "billing/finance_invoice.html", {**facts, "problem": problem})


@staff_page(FINANCE)
def finance_invoice_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    """The PDF of an issued invoice."""
    return pdf(get_object_or_404(Invoice.objects.issued(), pk=pk))


@staff_page(FINANCE)
def finance_customers(request: StaffRequest) -> HttpResponse:
    """Customers with their VAT treatment and the applications that are billed and not."""
    return _customers(request)


@staff_page(FINANCE)
@require_POST
def finance_subscribe(request: StaffRequest) -> HttpResponse:
    """Puts an application under Basic Support."""
    form = SubscribeForm(request.POST)
    if not form.is_valid():
        return _customers(request, said(form))
    try:
        subscription = services.subscribe(
            form.cleaned_data["application"], form.cleaned_data["starts_on"], request.caller
        )
    except UserError as error:
        return _customers(request, str(error))
    messages.success(
        request,
        _("%(application)s of %(customer)s is billed from now on.")
        % {"application": subscription.application, "customer": subscription.customer},
    )
    return go(request, "finance_customers")


def _customers(request: HttpRequest, problem: str = "") -> HttpResponse:
    filters = CustomerFilter(request.GET)
    found = selectors.customers(**filters.criteria)
    table = CUSTOMERS.show(request, found, filters, prepare=selectors.customer_rows)
    context = {"problem": problem, "today": timezone.localdate()}
    return table.page("billing/finance_customers.html", context, status=422 if problem else 200)


def _document(invoice: Invoice) -> tuple[InvoiceDocument | None, str]:
    """The document as it is or would be printed; for a draft that cannot be, the reason."""
    if not invoice.is_draft:
        return documents.of_issued(invoice), ""
    try:
        bill = bills.bill_of(invoice.customer, Month.of(invoice.period))
    except UserError as error:
        return None, str(error)
    if bill is None or not bill.is_held_by(invoice):
        return None, "The applications, prices or VAT have changed since. Make the month's drafts again."
    return documents.of_bill(bill), ""
