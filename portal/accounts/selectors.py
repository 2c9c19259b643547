"""Questions about people and customers."""

from typing import Any

from portal.accounts.models import Customer


def customers_of(user: Any) -> list[Customer]:
    """The customers somebody is a member of, by name."""
    return list(Customer.objects.filter(memberships__user=user))
