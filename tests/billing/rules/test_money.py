from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.money import Line, RateTotal, line_net, round2, totals, vat_on
from billing.rules.vat import Category

D = Decimal
prices = st.decimals(min_value=0, max_value=100_000, places=2)
quantities = st.decimals(min_value=0, max_value=1_000, places=2)
rates = st.sampled_from([D(6), D(12), D(21)])


def line(unit_price: str | Decimal, quantity: str | Decimal = "1", rate: str | Decimal = "21") -> Line:
    return Line("Basic Support", D(quantity), D(unit_price), Category.STANDARD, D(rate))


def reverse_charged(unit_price: str, quantity: str) -> Line:
    return Line("Basic Support", D(quantity), D(unit_price), Category.REVERSE_CHARGE, D(0))


standard_lines = st.lists(st.builds(line, prices, quantities, rates), max_size=30)

WORKED_EXAMPLES = {
    "1 application": ([line("250")], "250.00", "52.50", "302.50"),
    "3 applications": ([line("250", "3")], "750.00", "157.50", "907.50"),
    "7 applications, a line each": ([line("250")] * 7, "1750.00", "367.50", "2117.50"),
    "15 of 30 days": ([line("125.00")], "125.00", "26.25", "151.25"),
    "15 of 31 days": ([line("120.97")], "120.97", "25.40", "146.37"),
    "19 of 28 days": ([line("169.64")], "169.64", "35.62", "205.26"),
    "plan changed within the month": ([line("80.65"), line("270.97")], "351.62", "73.84", "425.46"),
    "three segments": ([line("80.65"), line("80.65"), line("88.70")], "250.00", "52.50", "302.50"),
    "3 x 10.07": ([line("10.07")] * 3, "30.21", "6.34", "36.55"),
    "37.50 + 12.50": ([line("37.50"), line("12.50")], "50.00", "10.50", "60.50"),
    "10 of 30 days": ([line("83.33")], "83.33", "17.50", "100.83"),
    "Dutch business, 2 applications": ([reverse_charged("250", "2")], "500.00", "0.00", "500.00"),
    "nothing": ([], "0.00", "0.00", "0.00"),
}


@pytest.mark.parametrize(("lines", "net", "vat", "gross"), WORKED_EXAMPLES.values(), ids=WORKED_EXAMPLES.keys())
def test_worked_example(lines: list[Line], net: str, vat: str, gross: str):
    result = totals(lines)

    assert (str(result.net), str(result.vat), str(result.gross)) == (net, vat, gross)


@pytest.mark.parametrize(
    ("amount", "cents"), [("0.005", "0.01"), ("0.0049", "0.00"), ("2.675", "2.68"), ("-0.005", "-0.01")]
)
def test_half_a_cent_rounds_away_from_zero(amount: str, cents: str):
    assert str(round2(D(amount))) == cents


def test_a_line_is_rounded_before_it_is_added():
    assert line_net(line("10.01", "0.5")) == D("5.01")
    assert totals([line("10.01", "0.5")] * 2).net == D("10.02")


def test_each_rate_has_its_own_base_and_vat_highest_first():
    result = totals([line("100", rate="6"), line("250"), line("50", rate="6")])

    assert result.by_rate == (
        RateTotal(Category.STANDARD, D(21), D("250.00"), D("52.50")),
        RateTotal(Category.STANDARD, D(6), D("150.00"), D("9.00")),
    )


def test_a_document_never_mixes_vat_cases():
    with pytest.raises(ValueError, match="never mixes VAT cases, and this one has AE and S"):
        totals([line("250"), reverse_charged("250", "1")])


def test_a_reverse_charged_line_bears_no_vat():
    with pytest.raises(ValueError, match="Category AE bears no VAT, so its rate is 0, not 21"):
        Line("Basic Support", D(1), D(250), Category.REVERSE_CHARGE, D(21))


def test_a_unit_price_is_in_whole_cents():
    with pytest.raises(ValueError, match=r"whole cents, not 0\.005"):
        line("0.005")


@given(standard_lines)
def test_the_rates_add_up_to_the_totals_and_the_totals_to_the_gross(lines: list[Line]):
    result = totals(lines)

    assert sum(rate.base for rate in result.by_rate) == result.net
    assert sum(rate.vat for rate in result.by_rate) == result.vat
    assert sum(line_net(each) for each in lines) == result.net
    assert result.net + result.vat == result.gross


@given(standard_lines)
def test_vat_per_rate_is_within_half_a_cent_of_the_exact_vat(lines: list[Line]):
    for rate in totals(lines).by_rate:
        assert abs(rate.vat - rate.base * rate.rate / 100) <= D("0.005")
        assert rate.vat == vat_on(rate.base, rate.rate)


@given(standard_lines, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_changes_nothing(lines: list[Line], random):
    shuffled = random.sample(lines, len(lines))

    assert totals(shuffled) == totals(lines)
