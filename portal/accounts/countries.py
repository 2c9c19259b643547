"""The countries a customer may be established in, and the offline check of their VAT numbers."""

from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

COUNTRIES = {
    "BE": "Belgium",
    "NL": "Netherlands",
    "LU": "Luxembourg",
    "FR": "France",
    "DE": "Germany",
    "AT": "Austria",
    "BG": "Bulgaria",
    "HR": "Croatia",
    "CY": "Cyprus",
    "CZ": "Czechia",
    "DK": "Denmark",
    "EE": "Estonia",
    "FI": "Finland",
    "GR": "Greece",
    "HU": "Hungary",
    "IE": "Ireland",
    "IT": "Italy",
    "LV": "Latvia",
    "LT": "Lithuania",
    "MT": "Malta",
    "PL": "Poland",
    "PT": "Portugal",
    "RO": "Romania",
    "SK": "Slovakia",
    "SI": "Slovenia",
    "ES": "Spain",
    "SE": "Sweden",
    "CH": "Switzerland",
    "GB": "United Kingdom",
    "IS": "Iceland",
    "LI": "Liechtenstein",
    "NO": "Norway",
    "CA": "Canada",
    "US": "United States",
}
_OUTSIDE_EU = frozenset({"CH", "GB", "IS", "LI", "NO", "CA", "US"})


def vat_number(text: str, country: str) -> str:
    """`text` as it is printed on invoices: no dots or spaces and, within the EU, with the country's prefix.

    Raises ValueError when it cannot be a VAT number of `country` (form and check digits; nothing is asked of VIES).
    Where no check is known (Liechtenstein, United States) what was written is kept.
    """
    written = "".join(char for char in text.upper() if char.isalnum())
    try:
        return _foreign(written, country) if country in _OUTSIDE_EU else _european(written, country)
    except ValidationError as error:
        raise ValueError(f"This is not a VAT number of {COUNTRIES[country]}. {error}") from error


def _european(written: str, country: str) -> str:
    prefix = "EL" if country == "GR" else country  # Greece writes EL in VAT matters
    bare = written.removeprefix(country).removeprefix(prefix)
    return str(eu_vat.validate(prefix + bare))


def _foreign(written: str, country: str) -> str:
    module = get_cc_module(country, "vat")
    if module:
        module.validate(written)
    return written
