"""Finance's month: what will be billed, drafts with control totals, issue all."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing import bills, selectors, services, states
from billing.forms import DraftsForm, DraftsSeenForm, MonthFilter, VatRulingForm, said
from billing.rules.terms import Month
from billing.services import Failure
from portal.accounts.access import StaffRequest, staff_page
from portal.accounts.models import Customer
from portal.accounts.permissions import FINANCE
from portal.core.errors import UserError
from portal.core.htmx import go, page


@staff_page(FINANCE)
def finance_month(request: StaffRequest) -> HttpResponse:
    """The monthly run as steps; last month unless the URL says another."""
    return _show(request, _month(request))


@staff_page(FINANCE)
@require_POST
def finance_drafts(request: StaffRequest) -> HttpResponse:
    """Makes or refreshes the month's drafts."""
    form = DraftsForm(request.POST)
    if not form.is_valid():
        return _show(request, _month(request), said(form))
    month = form.cleaned_data["month"]
    result = services.make_drafts(month, request.caller)
    if result.failed:
        return _show(request, month, failed=result.failed)
    messages.success(request, _("The drafts of %(month)s are up to date.") % {"month": month.label})
    return go(request, _address(month))


@staff_page(FINANCE)
@require_POST
def finance_issue(request: StaffRequest) -> HttpResponse:
    """Issues all drafts of the month, if they are still those that were looked at."""
    form = DraftsSeenForm(request.POST)
    if not form.is_valid():
        return _show(request, _month(request), said(form))
    month = form.cleaned_data["month"]
    try:
        result = services.issue_all(month, request.caller, timezone.localdate(), form.seen)
    except UserError as error:
        return _show(request, month, str(error))
    if result.failed:
        return _show(request, month, failed=result.failed, issued=len(result.invoices))
    messages.success(
        request,
        _("%(invoices)s invoices of %(month)s are issued.") % {"invoices": len(result.invoices), "month": month.label},
    )
    return go(request, _address(month))


@staff_page(FINANCE)
@require_POST
def finance_vat(request: StaffRequest, customer_slug: str) -> HttpResponse:
    """Finance's decision for a customer whom the VAT rules block."""
    customer = get_object_or_404(Customer, slug=customer_slug)
    month = _month(request)
    form = VatRulingForm(request.POST, customer=customer)
    if not form.is_valid():
        return _show(request, month, said(form))
    try:
        services.rule_vat(customer, form.cleaned_data["category"], request.caller)
    except UserError as error:
        return _show(request, month, str(error))
    messages.success(request, _("The VAT of %(customer)s is decided.") % {"customer": customer})
    return go(request, _address(month))


def _show(
    request: HttpRequest,
    month: Month,
    problem: str = "",
    *,
    failed: tuple[Failure, ...] = (),
    issued: int | None = None,
) -> HttpResponse:
    """The page; with a problem or failures it says so and answers 422."""
    preview = bills.preview(month)
    rows = selectors.month_rows(preview)
    context = {
        "month": month,
        "previous": _address(month.previous()),
        "following": _address(month.next()),
        "preview": preview,
        "page": Paginator(rows, settings.PAGE_SIZE).get_page(request.GET.get("page")),
        "waiting": sum(row.state in {selectors.TO_DRAFT, selectors.OUT_OF_DATE} for row in rows),
        "drafts": selectors.control(month, states.DRAFT),
        "issued": selectors.control(month, *states.NUMBERED),
        "invoices_url": f"{reverse('finance_invoices')}?month={month.value}",
        "unbilled": selectors.unbilled_count(),
        "over": timezone.localdate() > month.last_day,
        "problem": problem,
        "failed": failed,
        "just_issued": issued,
    }
    return page(request, "billing/finance_month.html", context, status=422 if problem or failed else 200)


def _month(request: HttpRequest) -> Month:
    chosen = MonthFilter(request.POST if request.method == "POST" else request.GET).criteria.get("month")
    return chosen or Month.of(timezone.localdate()).previous()


def _address(month: Month) -> str:
    return f"{reverse('finance_month')}?month={month.value}"
