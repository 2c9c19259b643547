"""Dates of an invoice: the month it bills and the day it is due."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

DEFAULT_DAYS = 30
# The longest term between businesses: Act of 2 August 2002 on late payment, as changed on 14 August 2021.
LONGEST_DAYS = 60
YEARS_BACK = 5  # what is payable by the month lapses after five years: old Belgian Civil Code, art. 2277
YEARS_AHEAD = 1

# Not calendar.month_name: that follows the locale of the process.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def due_date(issued_on: date, days: int = DEFAULT_DAYS) -> date:
    if not 0 <= days <= LONGEST_DAYS:
        raise ValueError(f"A payment term is 0 to {LONGEST_DAYS} days, not {days}.")
    return issued_on + timedelta(days=days)


def long_date(day: date) -> str:
    """`2 March 2027`"""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, the period that a flat fee covers."""

    year: int
    month: int

    def __post_init__(self) -> None:
        date(self.year, self.month, 1)  # raises ValueError for a month that does not exist

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    @property
    def label(self) -> str:
        """`October 2026`"""
        return f"{_MONTHS[self.month - 1]} {self.year}"

    @property
    def value(self) -> str:
        """`2026-10`, as browsers and addresses have it"""
        return f"{self.year}-{self.month:02}"

    def previous(self) -> "Month":
        return Month.of(self.first_day - timedelta(days=1))

    def next(self) -> "Month":
        return Month.of(self.last_day + timedelta(days=1))


def earliest(today: date) -> Month:
    """The first month that can still be billed."""
    return Month(today.year - YEARS_BACK, today.month)


def latest(today: date) -> Month:
    """The last month that is spoken of yet: further ahead, a year was mistyped."""
    return Month(today.year + YEARS_AHEAD, today.month)
