"""The countries a customer may be established in, and the offline check of their VAT numbers."""

from django.utils.translation import gettext_lazy
from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

COUNTRIES = {
    "BE": gettext_lazy("Belgium"),
    "NL": gettext_lazy("Netherlands"),
    "LU": gettext_lazy("Luxembourg"),
    "FR": gettext_lazy("France"),
    "DE": gettext_lazy("Germany"),
    "AT": gettext_lazy("Austria"),
    "BG": gettext_lazy("Bulgaria"),
    "HR": gettext_lazy("Croatia"),
    "CY": gettext_lazy("Cyprus"),
    "CZ": gettext_lazy("Czechia"),
    "DK": gettext_lazy("Denmark"),
    "EE": gettext_lazy("Estonia"),
    "FI": gettext_lazy("Finland"),
    "GR": gettext_lazy("Greece"),
    "HU": gettext_lazy("Hungary"),
    "IE": gettext_lazy("Ireland"),
    "IT": gettext_lazy("Italy"),
    "LV": gettext_lazy("Latvia"),
    "LT": gettext_lazy("Lithuania"),
    "MT": gettext_lazy("Malta"),
    "PL": gettext_lazy("Poland"),
    "PT": gettext_lazy("Portugal"),
    "RO": gettext_lazy("Romania"),
    "SK": gettext_lazy("Slovakia"),
    "SI": gettext_lazy("Slovenia"),
    "ES": gettext_lazy("Spain"),
    "SE": gettext_lazy("Sweden"),
    "CH": gettext_lazy("Switzerland"),
    "GB": gettext_lazy("United Kingdom"),
    "IS": gettext_lazy("Iceland"),
    "LI": gettext_lazy("Liechtenstein"),
    "NO": gettext_lazy("Norway"),
    "CA": gettext_lazy("Canada"),
    "US": gettext_lazy("United States"),
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
