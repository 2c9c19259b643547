"""Settings that production must be given: each must be there and be right, and what is wrong is said of all at once.

Development goes by the examples below, and nothing else does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from portal import fitness


@dataclass(frozen=True)
class Setting:
    """`meaning` continues "Set it to"; `wrong` says what is wrong with a value, or nothing."""

    example: str
    meaning: str
    wrong: Callable[[str], str] = fitness.anything


_DATABASE = Path(__file__).resolve().parent.parent / ".dev" / "portal.sqlite3"
SETTINGS = {
    "SECRET_KEY": Setting(
        "development-only-" + "0" * 50, "50 random characters or more that only you know", fitness.secret_key
    ),
    "FIELD_KEYS": Setting(
        "ZGV2ZWxvcG1lbnQtb25seS1rZXktMDAwMDAwMDAwMDA=",
        "Fernet keys, newest first, parted by commas",
        fitness.field_keys,
    ),
    "ALLOWED_HOSTS": Setting("localhost,127.0.0.1,[::1]", "the host names of the portal, parted by commas"),
    "PORTAL_URL": Setting("http://127.0.0.1:8000", "the address at which people reach the portal", fitness.portal_url),
    "DATABASE_URL": Setting(f"sqlite:///{_DATABASE}", "the address of the PostgreSQL database", fitness.database),
    "EMAIL_URL": Setting(
        "consolemail://", "your mail server, as smtp+tls://user:password@host:587", fitness.mail_server
    ),
    "DEFAULT_FROM_EMAIL": Setting(
        "in4it portal <portal@in4it.example>", "the sender of the portal's mail", fitness.mail_address
    ),
    "PORTAL_AWS_ACCOUNT_ID": Setting("000000000000", "the portal's own AWS account", fitness.aws_account),
    "SUPPORT_PHONE": Setting("+32 2 000 00 00", "the telephone number of support", fitness.phone),
    "SUPPORT_EMAIL": Setting("support@in4it.example", "the mail address of support", fitness.mail_address),
    "SELLER_NAME": Setting("in4it", "the registered name of whoever bills"),
    "SELLER_LEGAL_FORM": Setting("BV", "the legal form of whoever bills, such as BV"),
    "SELLER_ADDRESS": Setting(
        "Voorbeeldstraat 1, 1000 Brussel", "the registered address, its lines parted by commas", fitness.address
    ),
    "SELLER_VAT_NUMBER": Setting(
        "BE0123456749", "the VAT number of whoever bills, with its country's letters", fitness.vat_number
    ),
    "SELLER_ENTERPRISE_NUMBER": Setting(
        "0123.456.749", "the number in the company register", fitness.enterprise_number
    ),
    "SELLER_COURT": Setting("RPR Brussel", "the register of legal persons, such as RPR Brussel"),
    "SELLER_IBAN": Setting("BE68539007547034", "the bank account that invoices are paid to", fitness.iban),
    "SELLER_BIC": Setting("GKCCBEBB", "the BIC of the bank of that account", fitness.bic),
    "SELLER_EMAIL": Setting(
        "billing@in4it.example", "the mail address for questions on invoices", fitness.mail_address
    ),
}


class Required:
    """Reads required settings; `refuse()` raises when production lacks some, naming every one and what to do."""

    def __init__(self, given: Mapping[str, str], *, production: bool) -> None:
        self._given = given
        self._production = production
        self.problems: list[str] = []

    def __call__(self, name: str) -> str:
        """The value. In place of a wrong one the example, so that the other settings can be read and judged too."""
        setting = SETTINGS[name]
        value = self._given.get(name, "").strip()
        if not self._production:
            return value or setting.example
        wrong = setting.wrong(value) if value else "is missing"
        if wrong:
            self.problems.append(f"{name} {wrong}. Set it to {setting.meaning}.")
        return setting.example if wrong else value

    def refuse(self) -> None:
        """Raises ImproperlyConfigured with all that is wrong."""
        if self.problems:
            intro = "The portal does not start with DEBUG=false until these settings are right (docs/operations.md):"
            raise ImproperlyConfigured("\n- ".join([intro, *self.problems]))
