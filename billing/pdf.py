"""The PDF of an invoice, typeset by Typst from `invoice.typ`.

Everything printed comes in the document, which the caller freezes at issue; the same document gives the same
bytes. Data reaches the template as JSON, so nothing a customer types is ever read as markup.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path

import typst

from billing.rules import ogm
from billing.rules.money import Line, RateTotal, Totals, line_net
from billing.rules.terms import Month, long_date
from billing.rules.vat import Category

TEMPLATE = Path(__file__).with_name("invoice.typ")


class UnprintableTextError(Exception):
    """A name or text has a character that the invoice's font lacks. The text is a sentence for finance."""


@dataclass(frozen=True)
class Seller:
    """What Belgian law wants to see of the company that invoices, and where to pay it."""

    name: str
    legal_form: str
    address: tuple[str, ...]
    """The registered office, a line each."""
    vat_number: str
    enterprise_number: str
    register: str
    """`RPR` or `RPM` and the court, such as `RPR Antwerpen, afdeling Antwerpen`."""
    iban: str
    bic: str
    email: str
    telephone: str


@dataclass(frozen=True)
class Recipient:
    name: str
    address: tuple[str, ...]
    vat_number: str = ""


@dataclass(frozen=True)
class Issue:
    """What a draft receives when it is issued."""

    number: str
    issued_on: date
    due_on: date
    ogm: str
    """The structured communication, twelve digits."""


@dataclass(frozen=True)
class InvoiceDocument:
    """One invoice as it is printed. Amounts are in euro."""

    seller: Seller
    recipient: Recipient
    period: Month
    """The month in which the services were supplied."""
    lines: tuple[Line, ...]
    totals: Totals
    notes: tuple[str, ...] = ()
    """The reverse charge text, payment conditions and the like, a paragraph each."""
    issue: Issue | None = None
    """None for a draft, which is printed with a watermark, without number, dates and payment details."""


def render(document: InvoiceDocument) -> bytes:
    """The PDF/A-3b file. Raises UnprintableTextError; try a draft's PDF before it takes a number."""
    try:
        return typst.compile(
            str(TEMPLATE),
            sys_inputs={"invoice": json.dumps(_printed(document))},
            font_paths=_fonts(),
            ignore_system_fonts=True,
            # An archive format, since invoices are kept for ten years.
            pdf_standards=["a-3b"],
            timestamp=_timestamp(document),
        )
    except typst.TypstError as error:
        if "could not be displayed with font" not in error.message:
            raise
        raise UnprintableTextError(_unprintable(error.message)) from error


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)


def _timestamp(document: InvoiceDocument) -> datetime:
    """The file's creation time: from the document itself, so that rendering again changes nothing."""
    day = document.issue.issued_on if document.issue else document.period.first_day
    return datetime.combine(day, time(), UTC)


def _printed(document: InvoiceDocument) -> Mapping[str, object]:
    totals = document.totals
    return {
        "seller": asdict(document.seller) | {"iban": _in_fours(document.seller.iban)},
        "recipient": asdict(document.recipient),
        "period": _period(document.period),
        "lines": [_line(line) for line in document.lines],
        "rates": [_rate(rate) for rate in totals.by_rate],
        "net": _amount(totals.net),
        "vat": _amount(totals.vat),
        "gross": _amount(totals.gross),
        "notes": document.notes,
        "issue": _issue(document.issue) if document.issue else None,
    }


def _issue(issue: Issue) -> Mapping[str, str]:
    return {
        "number": issue.number,
        "issued_on": long_date(issue.issued_on),
        "due_on": long_date(issue.due_on),
        "ogm": ogm.formatted(issue.ogm),
    }


def _line(line: Line) -> Mapping[str, str]:
    return {
        "description": line.description,
        "quantity": f"{line.quantity.normalize():f}",
        "unit_price": _amount(line.unit_price),
        "vat": _rate_label(line.category, line.rate),
        "net": _amount(line_net(line)),
    }


def _rate(rate: RateTotal) -> Mapping[str, str]:
    return {
        "label": _rate_label(rate.category, rate.rate),
        "base": _amount(rate.base),
        "vat": _amount(rate.vat),
    }


def _rate_label(category: Category, rate: Decimal) -> str:
    if category is Category.STANDARD:
        return f"{rate.normalize():f}%"
    return {Category.REVERSE_CHARGE: "Reverse charge", Category.OUTSIDE_SCOPE: "Outside scope"}[category]


def _amount(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _period(month: Month) -> str:
    return f"{month.first_day.day} to {long_date(month.last_day)}"


def _in_fours(iban: str) -> str:
    compact = iban.replace(" ", "")
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))


def _unprintable(message: str) -> str:
    character = message.partition("`")[2].partition("`")[0]
    return (
        f"The invoice cannot be printed because its font lacks the character {character}. "
        "Write the customer's name, the address and the descriptions in Latin, Greek or Cyrillic letters."
    )
