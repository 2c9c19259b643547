from datetime import UTC, date, datetime

import pytest

from billing.rules.subscriptions import NO_START, start_problems
from deployments.models import Application

SHOP = Application(name="Shop")
LEAP_DAY = date(2028, 2, 29)
BOUNDS = "Let the application start between 1 February 2023 and 28 February 2029."


@pytest.mark.parametrize("start", [date(2023, 2, 1), LEAP_DAY, date(2029, 2, 28)])
def test_an_application_starts_within_years_of_today(start):
    assert start_problems(SHOP, start, LEAP_DAY) == {}


@pytest.mark.parametrize("start", [date.min, date(2023, 1, 31), date(2029, 3, 1), date.max])
def test_a_start_that_is_years_away_is_refused(start):
    assert start_problems(SHOP, start, LEAP_DAY) == {"starts_on": BOUNDS}


def test_everything_that_is_missing_is_named():
    assert start_problems(None, None, LEAP_DAY) == {"application": "This field is required.", "starts_on": NO_START}


@pytest.mark.parametrize("start", ["2028-02-29", datetime(2028, 2, 29, tzinfo=UTC)])
def test_a_start_is_a_day_and_nothing_else(start):
    assert start_problems(SHOP, start, LEAP_DAY) == {"starts_on": "Enter a valid date."}
