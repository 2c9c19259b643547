"""Which months are drafted, and whether the drafts may be issued as somebody saw them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from billing import selectors, states
from billing.rules.terms import Month, latest
from portal.core.rules import Problems


@dataclass(frozen=True)
class Seen:
    """The control totals that somebody looked at: how many drafts, and their sum in euro."""

    count: int | None
    gross: Decimal | None


def month_problems(month: Month, today: date) -> Problems:
    """What is wrong with making drafts of the month."""
    problems = Problems()
    last = latest(today)
    if month > last:
        problems.add("month", _("Drafts are made of months up to %(last)s.") % {"last": last.label})
    return problems


def seen_problems(month: Month, seen: Seen) -> Problems:
    """What is wrong with issuing the month's drafts on the strength of these totals."""
    problems = Problems()
    drafts = selectors.control(month, states.DRAFT)
    if seen != Seen(drafts.count, drafts.gross):
        problems.add("", _("The drafts have changed since you looked. Look at the totals again, then issue."))
    return problems
