"""What is refused about people and customers."""

from tests.rules.table import Door

DOORS: list[Door] = []
