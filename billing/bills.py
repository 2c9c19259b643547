"""What each customer owes for a month: worked out here for the preview, kept by drafts, checked again at issue."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, TypedDict

from django.db.models import OuterRef, QuerySet, Subquery
from django_stubs_ext import WithAnnotations

from billing.models import Invoice, Subscription, VatRuling
from billing.rules.money import Line, Totals, totals
from billing.rules.terms import Month
from billing.rules.vat import Buyer, Category, VatBlocked, VatDecision, decide
from portal.accounts.models import Customer
from portal.core.errors import UserError


class Ruled(TypedDict):
    """A row with what finance decided about its customer's VAT, if anything."""

    ruling: str | None


if TYPE_CHECKING:  # mypy alone can make it
    RuledSubscription = WithAnnotations[Subscription, Ruled]


class CannotBill(UserError):
    """No invoice can be made for this customer. The text tells finance why, and what to do."""

    code = "cannot_bill"


@dataclass(frozen=True)
class Item:
    """A subscription's line on a bill."""

    subscription_id: int
    line: Line


@dataclass(frozen=True)
class Bill:
    """What one customer is to be invoiced for a month. Amounts are in euro."""

    customer: Customer
    month: Month
    decision: VatDecision
    items: tuple[Item, ...]
    totals: Totals

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(item.line for item in self.items)

    def is_held_by(self, draft: Invoice) -> bool:
        """Whether the draft says what would be worked out now."""
        treatment = (draft.category, draft.rate, draft.vat_note)
        charges = [(c.subscription_id, c.description, c.quantity, c.unit_price) for c in draft.charges.all()]
        lines = [(i.subscription_id, i.line.description, i.line.quantity, i.line.unit_price) for i in self.items]
        return charges == lines and treatment == (self.decision.category, self.decision.rate, self.decision.note)


@dataclass(frozen=True)
class Blocked:
    """A customer who cannot be invoiced: why, and which VAT treatments finance may decide on."""

    customer: Customer
    applications: int
    reason: str
    choices: tuple[Category, ...]


@dataclass(frozen=True)
class Preview:
    """What a monthly run would bill."""

    month: Month
    bills: tuple[Bill, ...]
    blocked: tuple[Blocked, ...]

    @property
    def net(self) -> Decimal:
        return sum((bill.totals.net for bill in self.bills), Decimal("0.00"))

    @property
    def vat(self) -> Decimal:
        return sum((bill.totals.vat for bill in self.bills), Decimal("0.00"))

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat


def preview(month: Month) -> Preview:
    """What would be billed for `month` now, by customer name. Writes nothing; one query."""
    bills: list[Bill] = []
    blocked: list[Blocked] = []
    for _, group in groupby(subscriptions_in(month), key=lambda subscription: subscription.customer_id):
        subscriptions = list(group)
        customer = subscriptions[0].customer
        try:
            bills.append(_work_out(customer, month, subscriptions))
        except CannotBill as error:
            blocked.append(Blocked(customer, len(subscriptions), str(error), vat_choices(customer)))
    return Preview(month, tuple(bills), tuple(blocked))


def bill_of(customer: Customer, month: Month) -> Bill | None:
    """One customer's bill, None when there is nothing to bill. Raises CannotBill."""
    subscriptions = list(subscriptions_in(month).filter(customer=customer))
    return _work_out(subscriptions[0].customer, month, subscriptions) if subscriptions else None


def subscriptions_in(month: Month) -> "QuerySet[RuledSubscription]":
    """The subscriptions that run on any day of `month`: a started month is billed whole."""
    rows = Subscription.objects.filter(starts_on__lte=month.last_day).exclude(ends_on__lt=month.first_day)
    ruled: QuerySet[RuledSubscription] = rows.select_related("customer", "application", "plan").annotate(
        ruling=ruling_of("customer")
    )
    return ruled.order_by("customer__name", "application__name", "pk")


def ruling_of(customer: str) -> Subquery:
    """What finance decided about the VAT of the customer that a query calls so."""
    return Subquery(VatRuling.objects.filter(customer=OuterRef(customer)).values("category")[:1])


def vat_of(customer: Customer, ruling: str | None) -> VatDecision:
    """The VAT treatment of a customer, given what finance decided. Raises CannotBill where finance has to decide or to
    correct something.
    """
    try:
        return decide(_buyer(customer, ruling))
    except VatBlocked as error:
        raise CannotBill(str(error)) from error


def vat_choices(customer: Customer) -> tuple[Category, ...]:
    """What finance may decide for a customer whom the VAT rules block; empty where a decision changes nothing."""
    if _decides(_buyer(customer, None)):
        return ()
    return tuple(category for category in Category if _decides(_buyer(customer, category)))


def _work_out(customer: Customer, month: Month, subscriptions: "Sequence[RuledSubscription]") -> Bill:
    decision = vat_of(customer, subscriptions[0].ruling)
    _require_address(customer)
    items = tuple(Item(subscription.pk, _line(subscription, decision)) for subscription in subscriptions)
    return Bill(customer, month, decision, items, totals(item.line for item in items))


def _line(subscription: Subscription, decision: VatDecision) -> Line:
    plan = subscription.plan
    description = f"{plan.name}, {subscription.application.name}"
    return Line(description, Decimal(1), plan.price, decision.category, decision.rate)


def _require_address(customer: Customer) -> None:
    """An invoice bears the buyer's name and address: Royal Decree no. 1 of 29 December 1992, art. 5."""
    needed = {
        "legal name": customer.legal_name,
        "street": customer.street,
        "postal code": customer.postal_code,
        "city": customer.city,
    }
    missing = [name for name, value in needed.items() if not value.strip()]
    if missing:
        raise CannotBill(
            "An invoice must bear the customer's name and address, and the company data has "
            f"no {' and no '.join(missing)}. Fill it in."
        )


def _buyer(customer: Customer, ruling: str | None) -> Buyer:
    decision = Category(ruling) if ruling else None
    return Buyer(customer.country, customer.is_business, customer.vat_number, decision)


def _decides(buyer: Buyer) -> bool:
    try:
        decide(buyer)
    except VatBlocked:
        return False
    return True
