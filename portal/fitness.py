"""What makes a production setting unfit: each rule answers what is wrong with a value, or nothing when it will do.

No answer repeats what may be secret. Names that the internet keeps for examples (RFC 2606) belong to nobody.
"""

from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from stdnum import bic as bics
from stdnum import iban as ibans
from stdnum.eu import vat as eu_vat

SECRET_LENGTH, SECRET_VARIETY = 50, 10
PHONE_DIGITS = 8
_EXAMPLE_KEY = "ZGV2ZWxvcG1lbnQtb25seS1rZXktMDAwMDAwMDAwMDA="  # of development
_EXAMPLE_DOMAINS = ("example", "invalid", "localhost", "example.com", "example.net", "example.org")
_MAIL_SCHEMES = frozenset({"smtp", "smtps", "smtp+tls", "smtp+ssl"})


def anything(_value: str) -> str:
    return ""


def secret_key(value: str) -> str:
    if len(value) < SECRET_LENGTH:
        return f"has {len(value)} characters and needs {SECRET_LENGTH}; a $ outside single quotes may have cut it short"
    if len(set(value)) < SECRET_VARIETY:
        return f"has only {len(set(value))} different characters and needs {SECRET_VARIETY}"
    return "is an example" if value.startswith(("development-only-", "django-insecure-")) else ""


def field_keys(value: str) -> str:
    for place, key in enumerate(value.split(","), 1):
        try:
            Fernet(key)
        except ValueError:
            return f"has a key that is none, at place {place}"
    return "has an example among its keys" if _EXAMPLE_KEY in value else ""


def database(value: str) -> str:
    scheme, mark, _ = value.partition("://")
    try:
        known = mark and scheme in environ.Env.DB_SCHEMES and environ.Env.db_url_config(value)
    except ValueError:
        known = False
    return "" if known else "names no database that the portal knows"


def portal_url(value: str) -> str:
    url = _split(value)
    if url is None or url.scheme != "https" or not url.hostname:
        return "is no address that begins with https://"
    return _loopback(url.hostname) or _example(url.hostname)


def mail_server(value: str) -> str:
    url = _split(value)
    if url is None or not url.hostname:
        return "cannot be read; write # / ? @ : % in its password as %23 %2F %3F %40 %3A %25"
    if url.scheme not in _MAIL_SCHEMES:
        return f"sends no mail by {url.scheme}"
    return _example(url.hostname)


def mail_address(value: str) -> str:
    address = parseaddr(value)[1]
    try:
        validate_email(address)
    except ValidationError:
        return "is no mail address"
    return _example(address.rpartition("@")[2])


def aws_account(value: str) -> str:
    if not (len(value) == 12 and value.isascii() and value.isdigit()):
        return "is no AWS account number, which has 12 digits"
    return "" if value.strip("0") else "is an example"


def phone(value: str) -> str:
    digits = "".join(sign for sign in value if sign.isdigit())
    if len(digits) < PHONE_DIGITS:
        return "is no telephone number"
    return "is an example" if digits.endswith("0" * (PHONE_DIGITS - 1)) else ""


def address(value: str) -> str:
    return "is an example" if "voorbeeldstraat" in value.casefold() else ""


def vat_number(value: str) -> str:
    if not eu_vat.is_valid(value):
        return "is no VAT number of the European Union"
    return "is an example" if eu_vat.compact(value) == "BE0123456749" else ""


def enterprise_number(value: str) -> str:
    return "is an example" if "".join(sign for sign in value if sign.isdigit()) == "0123456749" else ""


def iban(value: str) -> str:
    if not ibans.is_valid(value, check_country=False):  # lists of a country's banks grow old
        return "is no IBAN: its check digits do not fit"
    return "is an example" if ibans.compact(value) == "BE68539007547034" else ""


def bic(value: str) -> str:
    return "" if bics.is_valid(value) else "is no BIC"


def _split(value: str) -> SplitResult | None:
    """The parts of an address, all of which can be read; None when it is none."""
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        return None
    return url


def _example(host: str) -> str:
    ours = host.casefold().rstrip(".")
    kept = any(ours == domain or ours.endswith(f".{domain}") for domain in _EXAMPLE_DOMAINS)
    return f"is an example: {host} belongs to nobody" if kept else ""


def _loopback(host: str) -> str:
    try:
        number = ip_address(host)
    except ValueError:
        return "is the address of this machine alone" if host.casefold().rstrip(".") == "localhost" else ""
    return "is the address of this machine alone" if number.is_loopback or number.is_unspecified else ""
