"""Mail about messages, to the side that did not write. Internal notes are none: never mailed."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from portal.core import mail
from portal.core.models import Outgoing
from portal.core.outbox import Undeliverable, delivers
from portal.core.sentences import Sentence
from portal.support import selectors
from portal.support.models import Message


@delivers("support.message", "Mail about a message")
def mail_message(row: Outgoing) -> None:
    """One mail about one message, once."""
    message = selectors.message(int(row.about_id))
    if message is None:
        raise Undeliverable(Sentence("support.message_gone"))
    if message.mailed_at:
        return
    to = selectors.other_side(message) or [settings.SUPPORT_EMAIL]
    mail.send(row, _subject(message), _body(message), to, reply_to=[settings.SUPPORT_EMAIL])
    Message.objects.filter(pk=message.pk).update(mailed_at=timezone.now())


def _subject(message: Message) -> str:
    return f"[#{message.ticket.pk}] {message.ticket.subject}"


def _body(message: Message) -> str:
    ticket = message.ticket
    page = ticket.get_absolute_url() if message.from_staff else reverse("staff_ticket", args=[ticket.pk])
    context = {"message": message, "ticket": ticket, "link": mail.address(page), "phone": settings.SUPPORT_PHONE}
    return render_to_string("support/mail.txt", context)
