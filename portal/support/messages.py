"""The words of the sentences about tickets, by code (portal/core/sentences.py)."""

from django.utils.translation import gettext_lazy as _

from portal.core import sentences

sentences.register(
    {
        "support.message_gone": _("The message does not exist any more: there is nothing to mail about."),
    }
)
