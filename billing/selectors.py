"""Questions about invoices and subscriptions, each in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django_stubs_ext import WithAnnotations

from billing import bills, states
from billing.bills import Bill, CannotBill, Preview, Ruled
from billing.models import Invoice, Subscription
from billing.rules.money import Totals
from billing.rules.terms import Month
from billing.rules.vat import Category
from deployments.models import Application
from portal.accounts.models import Customer

if TYPE_CHECKING:  # mypy alone can make it
    RuledCustomer = WithAnnotations[Customer, Ruled]

HEAVY = ("pdf", "seller", "buyer")  # columns no list shows
TO_DRAFT, OUT_OF_DATE, BLOCKED = "to draft", "out of date", "blocked"


@dataclass(frozen=True)
class Control:
    """Control totals: how many invoices of a month are in a state, and their sums in euro."""

    count: int
    net: Decimal
    vat: Decimal
    gross: Decimal


@dataclass(frozen=True)
class MonthRow:
    """A customer in a month: what is to be billed, and how far its invoice is."""

    customer: Customer
    state: str
    applications: int
    totals: Totals | None
    invoice: Invoice | None


@dataclass(frozen=True)
class CustomerRow:
    """A customer for finance: how VAT is treated or, when nothing fits, why not; and the applications not billed."""

    customer: Customer
    treatment: str
    blocked: str
    unbilled: list[Application]


@dataclass(frozen=True)
class NextInvoice:
    """What a customer can expect next: the month, the day it may come, and the amount excluding VAT in euro."""

    month: Month
    expected_on: date
    applications: int
    net: Decimal


def control(month: Month, *invoice_states: str) -> Control:
    """The control totals of the month's invoices in these states."""
    rows = Invoice.objects.filter(period=month.first_day, state__in=invoice_states)
    sums = rows.aggregate(count=Count("pk"), net=Sum("net"), vat=Sum("vat"), gross=Sum("gross"))
    return Control(sums["count"], *(sums[name] or Decimal("0.00") for name in ("net", "vat", "gross")))


def month_rows(preview: Preview) -> list[MonthRow]:
    """Every customer of the month by name: those to bill, those invoiced, and drafts that nothing stands behind."""
    month = preview.month
    invoices = {row.customer_id: row for row in invoices_in(month)}
    blocked = {row.customer.pk for row in preview.blocked}
    rows = [_row(bill, invoices.pop(bill.customer.pk, None)) for bill in preview.bills]
    rows += [_row_without_bill(invoice, blocked) for invoice in invoices.values()]
    return sorted(rows, key=lambda row: row.customer.name)


def invoices_in(month: Month) -> QuerySet[Invoice]:
    """The month's invoices with what their rows show."""
    rows: QuerySet[Invoice] = Invoice.objects.filter(period=month.first_day).defer(*HEAVY)
    return rows.select_related("customer").prefetch_related("charges")


def invoices(month: Month | None = None, customer: str = "", state: str = "") -> QuerySet[Invoice]:
    """Invoices for finance, newest first; drafts before them. `customer` is a part of its name."""
    rows: QuerySet[Invoice] = Invoice.objects.defer(*HEAVY).select_related("customer")
    if month:
        rows = rows.filter(period=month.first_day)
    if customer:
        rows = rows.filter(customer__name__icontains=customer)
    if state:
        rows = rows.filter(state=state)
    return rows.order_by("-period", "-number", "-pk")


def invoices_of(customer: Customer) -> QuerySet[Invoice]:
    """What a customer sees: everything issued, newest first."""
    rows: QuerySet[Invoice] = Invoice.objects.for_customer(customer).issued().defer(*HEAVY)
    return rows.order_by("-issued_on", "-number")


def subscriptions_of(customer: Customer) -> QuerySet[Subscription]:
    """The applications a customer pays for, by name."""
    return Subscription.objects.for_customer(customer).select_related("application", "plan")


def customers(*, name: str = "", unbilled: bool = False) -> "QuerySet[RuledCustomer]":
    """Customers for finance, with the number of applications that are `billed`."""
    rows = Customer.objects.filter(name__icontains=name) if name else Customer.objects.all()
    if unbilled:
        rows = rows.filter(Exists(_unbilled().filter(customer=OuterRef("pk"))))
    billed = (
        Subscription.objects.filter(customer=OuterRef("pk")).order_by().values("customer").annotate(rows=Count("pk"))
    )
    return rows.annotate(billed=Coalesce(Subquery(billed.values("rows")), 0), ruling=bills.ruling_of("pk"))


def customer_rows(customers: "Sequence[RuledCustomer]") -> list[CustomerRow]:
    """What finance sees of these customers: how VAT is treated, and what is not billed."""
    waiting: dict[int, list[Application]] = {customer.pk: [] for customer in customers}
    for application in _unbilled().filter(customer__in=customers):
        waiting[application.customer_id].append(application)
    return [
        CustomerRow(customer, *_treatment(customer, customer.ruling), waiting[customer.pk]) for customer in customers
    ]


def unbilled_count() -> int:
    """Applications that nobody pays for yet."""
    return _unbilled().count()


def is_billed(application: Application) -> bool:
    """Whether the application is under a plan."""
    return Subscription.objects.filter(application=application).exists()


def last_invoiced(customer: Customer) -> Month | None:
    """The last month that is invoiced to the customer."""
    issued = Invoice.objects.for_customer(customer).issued()
    period = issued.order_by("-period").values_list("period", flat=True).first()
    return Month.of(period) if period else None


def next_invoice(customer: Customer, today: date) -> NextInvoice | None:
    """The next invoice to expect: last month's while it is not issued, else the present month's."""
    present = Month.of(today)
    last = present.previous()
    waiting = not Invoice.objects.for_customer(customer).issued().filter(period=last.first_day).exists()
    for month in (last, present) if waiting else (present,):
        rows = list(bills.subscriptions_in(month).filter(customer=customer))
        if rows:
            net = sum((row.plan.price for row in rows), Decimal("0.00"))
            return NextInvoice(month, max(today, month.next().first_day), len(rows), net)
    return None


def _unbilled() -> QuerySet[Application]:
    return Application.objects.exclude(Exists(Subscription.objects.filter(application=OuterRef("pk"))))


def _treatment(customer: Customer, ruling: str | None) -> tuple[str, str]:
    """How a customer's VAT is treated, in words; and, when nothing fits, why not."""
    try:
        decision = bills.vat_of(customer, ruling)
    except CannotBill as error:
        return "", str(error)
    words = {Category.REVERSE_CHARGE: "Reverse charge", Category.OUTSIDE_SCOPE: "Outside scope"}
    return words.get(decision.category, f"{decision.rate}%"), ""


def _row(bill: Bill, invoice: Invoice | None) -> MonthRow:
    row = MonthRow(bill.customer, TO_DRAFT, len(bill.items), bill.totals, invoice)
    if invoice is None:
        return row
    if invoice.is_draft:
        return replace(row, state=states.DRAFT if bill.is_held_by(invoice) else OUT_OF_DATE)
    return _row_of_issued(invoice)


def _row_of_issued(invoice: Invoice) -> MonthRow:
    totals = Totals(invoice.net, invoice.vat, invoice.gross, ())
    return MonthRow(invoice.customer, invoice.state, len(invoice.charges.all()), totals, invoice)


def _row_without_bill(invoice: Invoice, blocked: set[int]) -> MonthRow:
    row = _row_of_issued(invoice)
    if not invoice.is_draft:
        return row
    return replace(row, state=BLOCKED if invoice.customer_id in blocked else OUT_OF_DATE)
