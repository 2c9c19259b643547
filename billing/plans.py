"""What in4it offers, as data: a plan's row is made from this once and can be changed in the database afterwards."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Offer:
    """A plan as in4it's price list has it. The price is in euro per application per month, excluding VAT."""

    code: str
    name: str
    price: Decimal
    included: tuple[str, ...]
    excluded: tuple[str, ...]


BASIC_SUPPORT = Offer(
    code="basic-support",
    name="Basic Support",
    price=Decimal("250.00"),
    included=(
        "Development, QA and production of one application: one codebase and one application layer",
        "Operating system security updates",
        "Stand-by on a best-effort basis: a telephone number 24 hours a day, 7 days a week, no formal response time",
        "Capacity management",
        "Availability management",
        "Pro-active monitoring and alerts",
    ),
    excluded=("AWS services: Amazon charges them to you directly",),
)
