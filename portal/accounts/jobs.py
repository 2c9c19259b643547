"""Mail about people, sent by an RQ worker."""

import django_rq
import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from redis.exceptions import RedisError

from portal.accounts.models import Invitation
from portal.core.encryption import decrypt, encrypt

log = structlog.get_logger(__name__)


def link(token: str) -> str:
    """The address an invited person opens."""
    return str(settings.PORTAL_URL).rstrip("/") + reverse("invitation", args=[token])


def mail_invitation(invitation: Invitation, token: str) -> bool:
    """Hands the mail to a worker; False when the queue cannot be reached. Call it after the commit.

    The queue holds the token encrypted: it is as good as a password, and workers log what they are given.
    """
    try:
        queue = django_rq.get_queue("documents", commit_mode="auto")
        queue.enqueue(send_invitation, invitation.pk, encrypt(token), description=f"Invitation {invitation.pk}")
    except RedisError as error:
        log.warning("invitation.queue_unreachable", invitation=invitation.pk, error=str(error))
        return False
    return True


def send_invitation(pk: int, sealed_token: str) -> None:
    """The job: one mail to the invited address."""
    invitation = Invitation.objects.select_related("customer", "invited_by").get(pk=pk)
    context = {"invitation": invitation, "link": link(decrypt(sealed_token))}
    subject = f"{invitation.invited_by} invites you to {invitation.customer} at in4it"
    send_mail(" ".join(subject.split()), render_to_string("mail/invitation.txt", context), None, [invitation.email])
