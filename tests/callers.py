"""Who asks, where a test is not about who may."""

from portal.accounts.models import User
from portal.core.caller import SYSTEM, Caller, on_behalf_of


def by(user: User | None) -> Caller:
    """The portal on behalf of somebody; of itself for nobody."""
    return on_behalf_of(user) if user else SYSTEM
