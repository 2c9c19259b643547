"""The words of the core's sentences, by code (portal/core/sentences.py)."""

from django.utils.translation import gettext_lazy as _

from portal.core import sentences

sentences.register(
    {
        # Somebody else's words, and two sentences in a row.
        "said": "%(text)s",
        "both": "%(first)s %(second)s",
        "unknown": _("What happened cannot be said in words here. If you need to know, open a ticket."),
        # Long-running work.
        "work.errored": _("Something went wrong on our side. Our engineers see what; nothing is asked of you."),
        "work.slow": _("This step took too long. It is being tried again."),
    }
)
