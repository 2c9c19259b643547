"""How much one person writes, so that a script gone wild does not fill the engineers' queue."""

from portal.core.limits import Limit

TICKETS = Limit("tickets", most=10, seconds=3600)
REPLIES = Limit("replies", most=30, seconds=600)
