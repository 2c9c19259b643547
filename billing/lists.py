"""The lists of invoices, of what is billed, and of customers for finance."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Subscription
from billing.selectors import CustomerRow
from portal.core.lists import Column, Listing, actions, day, money, number, state, text
from portal.core.templatetags import ui

CELLS = "billing/cells.html"


def _customers_page(invoice: Invoice, request: HttpRequest) -> str:
    return reverse("invoice", args=[request.customer.slug, invoice.pk])  # type: ignore[attr-defined]


def _finance_page(invoice: Invoice, _request: HttpRequest) -> str:
    return reverse("finance_invoice", args=[invoice.pk])


DAYS: tuple[Column[Invoice], ...] = (
    day("issued", _("Issued"), lambda row: row.issued_on, sort="issued_on"),
    day("due", _("Due"), lambda row: row.due_on, sort="due_on"),
)
MONTH: Column[Invoice] = day("month", _("Month"), lambda row: row.period, "M Y", sort="period")
TOTAL: Column[Invoice] = money("total", _("Total"), lambda row: row.gross, sort="gross")

INVOICES: Listing[Invoice] = Listing(
    "invoices",
    _("Invoices"),
    (
        text(
            "number", _("Number"), lambda row: row.number, url=_customers_page, sort="number", css="w-min", first=True
        ),
        MONTH,
        *DAYS,
        TOTAL,
        actions(f"{CELLS}#pdf", _("PDF")),
    ),
    order=("-issued_on", "-number"),
)
ALL_INVOICES: Listing[Invoice] = Listing(
    "invoices",
    _("Invoices"),
    (
        text("number", _("Number"), lambda row: row.number or _("Draft"), url=_finance_page, css="w-min", first=True),
        text("customer", _("Customer"), lambda row: row.customer.name, sort="customer__name"),
        MONTH,
        state("state", _("State"), lambda row: row.state, sort="state"),
        *DAYS,
        money("net", _("Excluding VAT"), lambda row: row.net, sort="net"),
        TOTAL,
        actions(f"{CELLS}#finance_pdf", _("PDF")),
    ),
    order=("-period", "-number"),
)
BILLED: Listing[Subscription] = Listing(
    "applications-billed",
    _("Applications billed"),
    (
        text("application", _("Application"), lambda row: row.application.name, sort="application__name", first=True),
        text("plan", _("Plan"), lambda row: row.plan.name, sort="plan__name"),
        day("since", _("Since"), lambda row: row.starts_on, "j F Y", sort="starts_on"),
        money("price", _("A month, excluding VAT"), lambda row: row.plan.price, sort="plan__price"),
    ),
    order=("application__name",),
    prefix="applications-",
)


def _who(row: CustomerRow) -> SafeString:
    line = '{}<br><span class="text-secondary">{}, {}</span>'
    return format_html(line, row.customer.name, row.customer.legal_name, row.customer.country)


def _vat(row: CustomerRow) -> SafeString:
    if not row.blocked:
        return format_html("{}", row.treatment)
    return format_html('{} <span class="text-secondary">{}</span>', ui.state("blocked"), row.blocked)


CUSTOMERS: Listing[CustomerRow] = Listing(
    "customers",
    _("Customers"),
    (
        text("customer", _("Customer"), lambda row: row.customer.name, html=_who, sort="name", first=True),
        text("vat", _("VAT"), lambda row: row.blocked or row.treatment, html=_vat),
        number("billed", _("Applications billed"), lambda row: row.customer.billed, sort="billed"),  # type: ignore[attr-defined]
        text(
            "unbilled",
            _("Applications not billed"),
            lambda row: ", ".join(application.name for application in row.unbilled),
            template=f"{CELLS}#unbilled",
        ),
        actions(f"{CELLS}#invoices", _("Invoices")),
    ),
    order=("name",),
)
