"""What bench/pages knows of a page before and after it is asked for. Imports nothing of Django."""

from dataclasses import dataclass
from typing import Protocol


class Asked(Protocol):
    """A page of bench/addresses.py."""

    name: str
    path: str
    who: str
    queries: int


@dataclass(frozen=True)
class Counted:
    """A page, and the queries that it takes."""

    page: Asked
    queries: int


@dataclass(frozen=True)
class Answer:
    """How long it took in milliseconds, and its bytes: of HTML, and as sent."""

    ms: float
    size: int
    sent: int
