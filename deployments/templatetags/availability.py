"""How availability is written."""

import math

from django import template

register = template.Library()


@register.filter
def percent(value: float) -> str:
    """With two decimals, rounded down: what missed once is never 100.00."""
    return f"{math.floor(value * 100) / 100:.2f}"
