"""Light limits on how much one person does, so that a script gone wild fills no queue and no mailbox.

They count in the cache. While Redis is away each web process counts for itself (portal/core/caching.py): a limit then
holds per process, and nobody within it is held off.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.db.models import Model
from django.utils.translation import gettext as _

from portal.core.errors import UserError


class TooMuch(UserError):
    """More than a person does."""

    code = "too_much"
    status = 429


@dataclass(frozen=True)
class Limit:
    """`most` of `what` within `seconds` of the first one."""

    what: str
    most: int
    seconds: int

    def spend(self, user: Model) -> None:
        """Counts one of somebody's; TooMuch when that is one too many."""
        if not self.allows(str(user.pk)):
            raise TooMuch(
                _(
                    "You sent more than %(most)s %(what)s in %(value)s minutes, so this was not sent. Try "
                    "again later, or call %(support_phone)s."
                )
                % {
                    "most": self.most,
                    "what": self.what,
                    "value": self.seconds // 60,
                    "support_phone": settings.SUPPORT_PHONE,
                }
            )

    def allows(self, who: str) -> bool:
        """Counts one of `who` (a user's id, an address) and says whether that is still within the limit."""
        key = f"limit:{self.what.replace(' ', '-')}:{who}"
        cache.add(key, 0, self.seconds)
        try:
            count = cache.incr(key)
        except ValueError:  # it ran out between the two lines
            count = 1
        return count <= self.most
