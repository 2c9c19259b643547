"""The words of the sentences about people, by code (portal/core/sentences.py)."""

from django.utils.translation import gettext_lazy as _

from portal.core import sentences

sentences.register(
    {
        # Why a mail with an invitation is not sent any more.
        "invitation.gone": _("The invitation does not exist any more: nobody wants this mail."),
        "invitation.accepted": _(
            "The invitation was accepted before this mail could be sent: nobody wants it any more."
        ),
        "invitation.withdrawn": _(
            "The invitation was withdrawn before this mail could be sent: nobody wants it any more."
        ),
        "invitation.expired": _("The invitation expired before this mail could be sent: nobody wants it any more."),
    }
)
