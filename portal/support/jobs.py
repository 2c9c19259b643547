"""Mail about messages, sent by an RQ worker to the side that did not write. Internal notes are none: never mailed.

No mail is lost silently: without Redis it is sent at once by whoever would have queued it, and what fails is kept on
the message, where engineers see it, and in the log.
"""

import django_rq
import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError
from rq import Retry

from portal.support import selectors
from portal.support.models import Message, Ticket

log = structlog.get_logger(__name__)


def notify(message: Message) -> None:
    """Mails the other side as soon as the message is committed."""
    transaction.on_commit(lambda: _hand_over(message.pk))


def send_mail_about(pk: int) -> None:
    """The job: one mail about one message, once. An OSError says that it did not go, and RQ tries again."""
    message = Message.objects.select_related("ticket__customer", "ticket__assignee", "author").get(pk=pk)
    if message.mailed_at:
        return
    try:
        _mail(message).send()
    except OSError as error:  # smtplib's own errors are OSErrors
        Message.objects.filter(pk=pk).update(mail_problem=f"{type(error).__name__}: {error}"[:500])
        log.exception("ticket.mail_failed", message=pk)
        raise
    Message.objects.filter(pk=pk).update(mailed_at=timezone.now(), mail_problem="")


def _hand_over(pk: int) -> None:
    try:
        queue = django_rq.get_queue("documents", commit_mode="auto")
        queue.enqueue(send_mail_about, pk, retry=Retry(max=3), description=f"Mail about message {pk}")
    except RedisError as error:
        log.warning("ticket.queue_unreachable", message=pk, error=str(error))
        _send_now(pk)


def _send_now(pk: int) -> None:
    try:
        send_mail_about(pk)
    except OSError:
        return  # written on the message and in the log; the ticket itself is saved and in the queue


def _mail(message: Message) -> EmailMessage:
    ticket = message.ticket
    context = {"message": message, "ticket": ticket, "link": _link(message), "phone": settings.SUPPORT_PHONE}
    return EmailMessage(
        f"[#{ticket.pk}] {ticket.subject}",
        render_to_string("support/mail.txt", context),
        to=selectors.other_side(message) or [settings.SUPPORT_EMAIL],
        reply_to=[settings.SUPPORT_EMAIL],
    )


def _link(message: Message) -> str:
    ticket: Ticket = message.ticket
    path = ticket.get_absolute_url() if message.from_staff else reverse("staff_ticket", args=[ticket.pk])
    return str(settings.PORTAL_URL).rstrip("/") + path
