"""Which VAT an invoice for in4it's services bears, from what is known of the buyer.

The rules hold for a seller established in Belgium who sells services. Every rate and text is in `TREATMENTS`,
with its source, so that the accountant can read and change them in one place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError


class Category(StrEnum):
    """The VAT category codes of EN 16931 (UNCL5305) that in4it uses."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"
    OUTSIDE_SCOPE = "O"


@dataclass(frozen=True)
class VatDecision:
    category: Category
    rate: Decimal
    """In percent: 21 means 21%."""
    note: str = ""
    """What the invoice must say about it; empty where the law asks for nothing."""
    buyer_vat_number: str = ""
    """As it is printed. Always filled for reverse charge; empty where the buyer has no valid one."""


TREATMENTS: Mapping[Category, VatDecision] = {
    # Standard rate: Royal Decree no. 20 of 20 July 1970, art. 1.
    Category.STANDARD: VatDecision(Category.STANDARD, Decimal(21)),
    # Services to a taxable person are taxed where that person is established: Directive 2006/112/EC art. 44,
    # Belgian VAT Code art. 21 §2. Within the EU the customer owes the VAT (art. 196), and the invoice says
    # "Reverse charge" (art. 226, 11a).
    Category.REVERSE_CHARGE: VatDecision(
        Category.REVERSE_CHARGE,
        Decimal(0),
        "Reverse charge / Btw verlegd, art. 21 §2 Belgian VAT Code, art. 196 Directive 2006/112/EC",
    ),
    # The same rule of place; outside the EU no member state taxes it.
    Category.OUTSIDE_SCOPE: VatDecision(
        Category.OUTSIDE_SCOPE,
        Decimal(0),
        "Outside the scope of Belgian VAT, art. 21 §2 Belgian VAT Code, art. 44 Directive 2006/112/EC",
    ),
}
_BELGIAN_VAT = f"Belgian VAT of {TREATMENTS[Category.STANDARD].rate}%"

# Northern Ireland (XI) is not here: since 2021 it belongs to the EU for goods only.
MEMBER_STATES = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)
# Greece writes EL in VAT matters; Monaco counts as France (Directive 2006/112/EC art. 7).
_OTHER_CODES = {"EL": "GR", "MC": "FR"}


@dataclass(frozen=True)
class Buyer:
    country: str
    """ISO 3166 alpha-2, where the buyer is established."""
    is_business: bool
    vat_number: str = ""
    """With its country prefix, as the customer wrote it."""
    finance_decision: Category | None = None
    """What finance decided for a buyer whom the rules block. It changes nothing for any other buyer."""


class VatBlocked(Exception):
    """No rule fits: this customer cannot be invoiced. The text tells finance what to do."""


def decide(buyer: Buyer) -> VatDecision:
    """The one VAT treatment of everything on an invoice to this buyer. Raises VatBlocked."""
    country = _country(buyer.country)
    if country == "BE":
        number = valid_vat_number(country, buyer.vat_number)
        return replace(TREATMENTS[Category.STANDARD], buyer_vat_number=number)
    if country in MEMBER_STATES:
        return _elsewhere_in_the_eu(buyer, country)
    return _outside_the_eu(buyer)


def valid_vat_number(country: str, number: str) -> str:
    """The VAT number in its compact form, or "" where it is not a well-formed number of that member state.

    Checked offline (form and check digits): it does not say that the number is in use.
    """
    if not number.strip().upper().startswith(vat_prefix(country)):
        return ""
    try:
        return str(eu_vat.validate(number))
    except ValidationError:
        return ""


def vat_prefix(country: str) -> str:
    """The two letters that VAT numbers of this member state begin with."""
    return "EL" if country == "GR" else country


def _country(code: str) -> str:
    country = code.strip().upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise VatBlocked(f"“{code}” is not a country code, so the VAT is unknown. Correct the customer's country.")
    return _OTHER_CODES.get(country, country)


def _elsewhere_in_the_eu(buyer: Buyer, country: str) -> VatDecision:
    number = valid_vat_number(country, buyer.vat_number)
    if buyer.is_business and number:
        return replace(TREATMENTS[Category.REVERSE_CHARGE], buyer_vat_number=number)
    if buyer.finance_decision is Category.STANDARD:
        return TREATMENTS[Category.STANDARD]
    raise VatBlocked(_why_no_reverse_charge(buyer, country))


def _why_no_reverse_charge(buyer: Buyer, country: str) -> str:
    remedy = f"or decide that {_BELGIAN_VAT} is charged."
    if not buyer.is_business:
        return (
            "The customer is a private person in another EU country. "
            f"Register the business and its VAT number, {remedy}"
        )
    given = f"“{buyer.vat_number}” is not a valid" if buyer.vat_number.strip() else "The customer has no"
    return (
        f"{given} VAT number of {country} (it begins with {vat_prefix(country)}), so the reverse charge "
        f"does not apply. Ask the customer for the right number, {remedy}"
    )


def _outside_the_eu(buyer: Buyer) -> VatDecision:
    if buyer.is_business:
        return replace(TREATMENTS[Category.OUTSIDE_SCOPE], buyer_vat_number=buyer.vat_number.strip())
    if buyer.finance_decision in {Category.STANDARD, Category.OUTSIDE_SCOPE}:
        return TREATMENTS[buyer.finance_decision]
    raise VatBlocked(
        "The customer is a private person outside the EU. "
        f"Decide whether {_BELGIAN_VAT} is charged "
        "or the service is outside its scope, or register the customer as a business."
    )
