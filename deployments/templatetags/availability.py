"""How availability is written, and health by row."""

import math
from collections.abc import Mapping

from django import template
from django.db.models import Model

from provisioning.guests import Health

register = template.Library()


@register.filter
def percent(value: float) -> str:
    """With two decimals, rounded down: what missed once is never 100.00."""
    return f"{math.floor(value * 100) / 100:.2f}"


@register.filter
def of_row(health: Mapping[int, Health], row: Model) -> Health:
    """That of this environment."""
    return health.get(row.pk, Health())
