from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.terms import Month, due_date, long_date

days = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def test_thirty_days_is_the_term_unless_another_is_agreed():
    assert due_date(date(2027, 1, 31)) == date(2027, 3, 2)
    assert due_date(date(2027, 1, 31), 60) == date(2027, 4, 1)
    assert due_date(date(2027, 1, 31), 0) == date(2027, 1, 31)


@pytest.mark.parametrize("term", [-1, 61])
def test_a_term_outside_the_law_is_refused(term: int):
    with pytest.raises(ValueError, match=f"0 to 60 days, not {term}"):
        due_date(date(2027, 1, 31), term)


def test_a_month_knows_its_days_and_its_name():
    october = Month(2026, 10)

    assert october.first_day == date(2026, 10, 1)
    assert october.last_day == date(2026, 10, 31)
    assert october.label == "October 2026"
    assert october.value == "2026-10"


def test_february_ends_as_the_year_has_it():
    assert Month(2027, 2).last_day == date(2027, 2, 28)
    assert Month(2028, 2).last_day == date(2028, 2, 29)


def test_the_year_turns_between_december_and_january():
    assert Month(2026, 12).next() == Month(2027, 1)
    assert Month(2027, 1).previous() == Month(2026, 12)


def test_months_are_in_the_order_of_the_calendar():
    assert Month(2026, 12) < Month(2027, 1) < Month(2027, 2)


@pytest.mark.parametrize("month", [0, 13])
def test_there_is_no_such_month(month: int):
    with pytest.raises(ValueError):
        Month(2026, month)


def test_a_date_is_written_out():
    assert long_date(date(2027, 3, 2)) == "2 March 2027"


@given(days)
def test_a_day_lies_in_its_month_and_months_join_without_a_gap(day: date):
    month = Month.of(day)

    assert month.first_day <= day <= month.last_day
    assert month.next().first_day == month.last_day + timedelta(days=1)
    assert month.next().previous() == month
