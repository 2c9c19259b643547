"""Amounts of an invoice, in euro, as Decimal.

VAT is computed per rate over the whole document, never per line.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from billing.rules.vat import Category

CENT = Decimal("0.01")


def round2(amount: Decimal) -> Decimal:
    """To whole cents; half a cent goes away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def vat_on(base: Decimal, rate: Decimal) -> Decimal:
    """VAT in euro on a base, with the rate in percent."""
    return round2(base * rate / 100)


@dataclass(frozen=True)
class Line:
    description: str
    quantity: Decimal
    unit_price: Decimal
    category: Category
    rate: Decimal
    """In percent: 21 means 21%."""

    def __post_init__(self) -> None:
        if self.unit_price != round2(self.unit_price):
            raise ValueError(f"A unit price is in whole cents, not {self.unit_price}.")
        if self.category is not Category.STANDARD and self.rate:
            raise ValueError(f"Category {self.category} bears no VAT, so its rate is 0, not {self.rate}.")


@dataclass(frozen=True)
class RateTotal:
    category: Category
    rate: Decimal
    base: Decimal
    vat: Decimal


@dataclass(frozen=True)
class Totals:
    net: Decimal
    vat: Decimal
    gross: Decimal
    by_rate: tuple[RateTotal, ...]
    """Highest rate first."""


def line_net(line: Line) -> Decimal:
    return round2(line.quantity * line.unit_price)


def totals(lines: Iterable[Line]) -> Totals:
    """The totals of one document. Raises ValueError where its lines mix VAT cases."""
    by_rate = _by_rate(tuple(lines))
    net = sum((rate.base for rate in by_rate), Decimal("0.00"))
    vat = sum((rate.vat for rate in by_rate), Decimal("0.00"))
    return Totals(net, vat, net + vat, by_rate)


def _by_rate(lines: tuple[Line, ...]) -> tuple[RateTotal, ...]:
    categories = sorted({line.category for line in lines})
    if len(categories) > 1:
        raise ValueError(f"One document never mixes VAT cases, and this one has {' and '.join(categories)}.")
    bases: dict[Decimal, Decimal] = {}
    for line in lines:
        bases[line.rate] = bases.get(line.rate, Decimal("0.00")) + line_net(line)
    return tuple(
        RateTotal(categories[0], rate, bases[rate], vat_on(bases[rate], rate)) for rate in sorted(bases, reverse=True)
    )
