"""Mail about people, sent by a worker of the outbox."""

from django.template.loader import render_to_string
from django.utils import timezone

from portal.accounts import selectors
from portal.accounts.links import link
from portal.accounts.models import Invitation
from portal.core import mail
from portal.core.models import Outgoing
from portal.core.outbox import Undeliverable, delivers, payload_of
from portal.core.sentences import NOTHING, Sentence


@delivers("accounts.invitation", "Invitation by mail")
def send_invitation(row: Outgoing) -> None:
    """One mail to the invited address. Raises Undeliverable when the invitation is not open any more."""
    invitation = selectors.invitation(int(row.about_id))
    if invitation is None:
        raise Undeliverable(Sentence("invitation.gone"))
    if over := _why_over(invitation):
        raise Undeliverable(over)
    context = {"invitation": invitation, "link": link(payload_of(row)["token"])}
    subject = f"{invitation.invited_by} invites you to {invitation.customer} at in4it"
    mail.send(row, subject, render_to_string("mail/invitation.txt", context), [invitation.email])


def _why_over(invitation: Invitation) -> Sentence:
    if invitation.accepted_at:
        return Sentence("invitation.accepted")
    if invitation.revoked_at:
        return Sentence("invitation.withdrawn")
    return Sentence("invitation.expired") if invitation.expires_at <= timezone.now() else NOTHING
