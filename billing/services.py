"""What changes in billing: subscriptions, drafts, issued invoices.

Everything that decides what a customer owes holds that customer's lock, so that a draft, an issue and a new
subscription never cross. The number is taken last, under its series' row: it is never taken in vain.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import bills, documents, states
from billing.bills import Bill, Blocked
from billing.models import Charge, Invoice, NumberSeries, Plan, Subscription, VatRuling
from billing.pdf import UnprintableTextError, render
from billing.plans import BASIC_SUPPORT, Offer
from billing.rules import ogm
from billing.rules.money import line_net
from billing.rules.rulings import ruling_problems
from billing.rules.runs import Seen, month_problems, seen_problems
from billing.rules.subscriptions import start_conflicts, start_problems
from billing.rules.terms import Month, due_date, long_date
from deployments.models import Application
from portal.accounts.models import Customer
from portal.core import audit, outbox
from portal.core.caller import SYSTEM, Caller
from portal.core.errors import IllegalMove, UserError
from portal.core.locks import hold
from portal.core.words import Words

R = TypeVar("R")
log = structlog.get_logger(__name__)
INVOICE = "invoice"  # the series of numbers
OUR_FAULT = gettext_lazy(
    "Something went wrong on our side. Our engineers see what; the other customers are not affected."
)


@dataclass(frozen=True)
class Failure:
    """A customer whose invoice could not be made or issued, and the sentence that says why."""

    customer: Customer
    reason: Words


@dataclass(frozen=True)
class RunResult:
    """What a monthly run did: the invoices it made or issued, those it could not, and who is blocked."""

    invoices: tuple[Invoice, ...]
    failed: tuple[Failure, ...]
    blocked: tuple[Blocked, ...] = ()


def ensure_plan(offer: Offer = BASIC_SUPPORT) -> Plan:
    """The plan's row; made from the offer when there is none yet."""
    values = asdict(offer)
    plan, _ = Plan.objects.get_or_create(code=values.pop("code"), defaults=values)
    return plan


@transaction.atomic
def subscribe(application: Application, starts_on: date, caller: Caller = SYSTEM) -> Subscription:
    """Puts an application under Basic Support. Raises Invalid, as when it is already or the month is invoiced."""
    start_problems(application, starts_on, timezone.localdate()).refuse()
    customer = application.customer
    hold(_lock(customer))
    start_conflicts(application, starts_on).refuse()
    subscription = Subscription.objects.create(
        customer=customer, application=application, plan=ensure_plan(), starts_on=starts_on
    )
    audit.record("subscription.started", subscription, caller=caller, after={"starts_on": starts_on.isoformat()})
    return subscription


@transaction.atomic
def rule_vat(customer: Customer, category: str, caller: Caller = SYSTEM) -> None:
    """Finance's decision for a customer whom the VAT rules block. Raises Invalid where it would change nothing."""
    ruling_problems(customer, category).refuse()
    VatRuling.objects.update_or_create(
        customer=customer, defaults={"category": category, "decided_by_id": caller.person_id}
    )
    audit.record("vat.decided", customer, caller=caller, customer=customer, after={"category": str(category)})


def make_drafts(month: Month, caller: Caller = SYSTEM) -> RunResult:
    """Makes and refreshes the drafts of a month. Repeating it, or running it twice at once, changes nothing.

    Raises Invalid for a month too far ahead.
    """
    month_problems(month, timezone.localdate()).refuse()
    preview = bills.preview(month)
    blocked = {row.customer.pk for row in preview.blocked}
    drafts = Invoice.objects.filter(period=month.first_day, state=states.DRAFT).select_related("customer")
    customers = {bill.customer.pk: bill.customer for bill in preview.bills}
    customers |= {draft.customer_id: draft.customer for draft in drafts if draft.customer_id not in blocked}
    made, failed = _each(customers.values(), lambda customer: customer, lambda one: _draft(one, month, caller))
    return RunResult(made, failed, preview.blocked)


def issue_all(month: Month, caller: Caller, today: date, seen: Seen | None = None) -> RunResult:
    """Issues every draft of a month, by customer name. One that cannot be issued does not stop the others.

    With the totals that somebody saw, raises Invalid and issues nothing when the drafts have changed since.
    """
    if seen:
        seen_problems(month, seen).refuse()
    drafts = Invoice.objects.filter(period=month.first_day, state=states.DRAFT).select_related("customer")
    ordered = drafts.order_by("customer__name", "pk")
    issued, failed = _each(ordered, lambda draft: draft.customer, lambda draft: issue(draft, caller, today))
    return RunResult(issued, failed)


@transaction.atomic
def issue(invoice: Invoice, caller: Caller, today: date) -> Invoice:
    """Gives a draft its number and freezes it. Raises UserError, and takes no number, when it cannot be issued."""
    hold(_lock(invoice.customer))
    draft: Invoice = Invoice.objects.select_related("customer").prefetch_related("charges").get(pk=invoice.pk)
    bill = _issuable(draft, today)
    _try_printing(bill)
    count = _take_number(INVOICE, today)
    draft.state = states.ISSUED
    draft.number = f"{today.year}-{count:06}"
    draft.structured_communication = ogm.make(today.year * 1_000_000 + count)
    draft.issued_on, draft.due_on, draft.issued_by_id = today, due_date(today, settings.PAYMENT_DAYS), caller.person_id
    draft.seller, draft.buyer = asdict(documents.seller()), documents.frozen_buyer(bill)
    draft.save()
    audit.record("invoice.issued", draft, caller=caller, after={"number": draft.number, "gross": str(draft.gross)})
    outbox.put("billing.invoice_pdf", outbox.DOCUMENTS, draft)
    return draft


def _each(
    rows: Iterable[R], customer_of: Callable[[R], Customer], act: Callable[[R], Invoice | None]
) -> tuple[tuple[Invoice, ...], tuple[Failure, ...]]:
    """Does `act` for each row on its own; returns the invoices and the failures."""
    done: list[Invoice] = []
    failed: list[Failure] = []
    for row in rows:
        try:
            invoice = act(row)
        except UserError as error:
            failed.append(Failure(customer_of(row), str(error)))
        except Exception:
            log.exception("billing.run_failed", customer=customer_of(row).slug)
            failed.append(Failure(customer_of(row), OUR_FAULT))
        else:
            done += [invoice] if invoice else []
    return tuple(done), tuple(failed)


@transaction.atomic
def _draft(customer: Customer, month: Month, caller: Caller) -> Invoice | None:
    """The customer's draft for the month as it should be now; None where nothing is to be billed."""
    hold(_lock(customer))
    rows = Invoice.objects.filter(customer=customer, period=month.first_day)
    invoice = rows.prefetch_related("charges").first()
    bill = bills.bill_of(customer, month)
    if invoice and not invoice.is_draft:
        return None
    if bill is None:
        rows.delete()
        return None
    if invoice is None or not bill.is_held_by(invoice):
        invoice = _write(invoice or Invoice(customer=customer, period=month.first_day), bill)
        audit.record(
            "invoice.drafted", invoice, caller=caller, after={"month": month.label, "gross": str(invoice.gross)}
        )
    return invoice


def _write(draft: Invoice, bill: Bill) -> Invoice:
    draft.category, draft.rate, draft.vat_note = bill.decision.category, bill.decision.rate, bill.decision.note
    draft.net, draft.vat, draft.gross = bill.totals.net, bill.totals.vat, bill.totals.gross
    draft.save()
    draft.charges.all().delete()
    Charge.objects.bulk_create([_charge(draft, item) for item in bill.items], ignore_conflicts=True)
    return draft


def _charge(draft: Invoice, item: bills.Item) -> Charge:
    line = item.line
    return Charge(
        customer_id=draft.customer_id,
        subscription_id=item.subscription_id,
        invoice=draft,
        period=draft.period,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        net=line_net(line),
    )


def _issuable(draft: Invoice, today: date) -> Bill:
    """What the draft bills, if it may be issued today. Raises UserError."""
    month = Month.of(draft.period)
    if not draft.is_draft:
        raise IllegalMove(
            _("Invoice %(number)s is issued already. Reload the page to see it.") % {"number": draft.number}
        )
    if today <= month.last_day:
        first = long_date(month.next().first_day)
        raise UserError(
            _("%(month)s is billed when it is over: issue its invoices on %(first)s or later.")
            % {"month": month.label, "first": first}
        )
    bill = bills.bill_of(draft.customer, month)
    if bill is None or not bill.is_held_by(draft):
        raise UserError(
            _(
                "The draft for %(customer)s is out of date: its applications, prices or VAT have changed "
                "since. Make the drafts again, look at the totals, then issue."
            )
            % {"customer": draft.customer}
        )
    return bill


def _try_printing(bill: Bill) -> None:
    try:
        render(documents.of_bill(bill))
    except UnprintableTextError as error:
        raise UserError(str(error), code="unprintable") from error


def _take_number(kind: str, day: date) -> int:
    """The next number of the year's series. The series stays locked until the transaction ends: no gap, no double."""
    NumberSeries.objects.get_or_create(kind=kind, year=day.year)
    series = NumberSeries.objects.select_for_update().get(kind=kind, year=day.year)
    if series.last_issued_on and day < series.last_issued_on:
        last = long_date(series.last_issued_on)
        raise UserError(
            _("An invoice of %(last)s exists, and numbers follow dates: issue on %(last)s or later.") % {"last": last}
        )
    series.last, series.last_issued_on = series.last + 1, day
    series.save(update_fields=["last", "last_issued_on"])
    return series.last


def _lock(customer: Customer) -> str:
    return f"billing:{customer.pk}"
