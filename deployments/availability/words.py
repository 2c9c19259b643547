"""Sentences about what does not answer, the same wherever they stand."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deployments.availability.selectors import Outage

NAMED = 3


def sentence(outage: Outage) -> str:
    """E.g. "api and shop do not answer in Production, since 18:49."."""
    facts = {"names": names(outage.services), "place": outage.environment.name, "since": _since(outage)}
    return (
        ngettext(
            "%(names)s does not answer in %(place)s, since %(since)s.",
            "%(names)s do not answer in %(place)s, since %(since)s.",
            len(outage.services),
        )
        % facts
    )


def names(services: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    shown, more = services[:NAMED], len(services) - NAMED
    if more > 0:
        return _("%(names)s and %(more)d more") % {"names": ", ".join(shown), "more": more}
    if len(shown) < 2:
        return "".join(shown)
    return _("%(names)s and %(last)s") % {"names": ", ".join(shown[:-1]), "last": shown[-1]}


def seen(outage: Outage) -> str:
    """Who looks after it; empty while nobody said so."""
    return _("Seen by %(name)s.") % {"name": outage.seen_by} if outage.seen_by else ""


def _since(outage: Outage) -> str:
    """The time of day; with the day, when that was another one."""
    at = timezone.localtime(outage.since)
    return f"{at:%H:%M}" if at.date() == timezone.localdate() else f"{at:%-d %b %H:%M}"
