"""Mail about a row of the outbox: one mail, however often it is tried."""

from collections.abc import Sequence
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from portal.core.models import Outgoing


def send(row: Outgoing, subject: str, body: str, to: Sequence[str], reply_to: Sequence[str] = ()) -> None:
    """Sends it now. Every attempt has the same Message-ID, by which mail programs know a mail that comes twice.

    An OSError says that it did not go (smtplib's own errors are OSErrors).
    """
    headers = {"Message-ID": message_id(row)}
    one_line = " ".join(subject.split())
    EmailMessage(one_line, body, to=list(to), reply_to=list(reply_to), headers=headers).send()


def message_id(row: Outgoing) -> str:
    """The row's key, at the domain that the portal's mail comes from."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{row.key}@{domain or 'localhost'}>"


def address(path: str) -> str:
    """The whole address of a page, for whoever reads it outside the portal."""
    return str(settings.PORTAL_URL).rstrip("/") + path
