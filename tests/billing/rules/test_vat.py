from dataclasses import replace
from decimal import Decimal
from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.vat import (
    MEMBER_STATES,
    TREATMENTS,
    Buyer,
    Category,
    VatBlocked,
    VatDecision,
    decide,
    valid_vat_number,
)

BELGIAN = "BE0697449992"
DUTCH = "NL004495445B01"
GREEK = "EL094259216"

countries = st.text(ascii_uppercase, min_size=2, max_size=2)
buyers = st.builds(
    Buyer,
    country=countries | st.sampled_from(sorted(MEMBER_STATES)),
    is_business=st.booleans(),
    vat_number=st.sampled_from(["", BELGIAN, DUTCH, GREEK, "XI123456789", "nonsense"]) | st.text(max_size=20),
    finance_decision=st.none() | st.sampled_from(Category),
)


def business(country: str, vat_number: str = "", finance_decision: Category | None = None) -> Buyer:
    return Buyer(country, is_business=True, vat_number=vat_number, finance_decision=finance_decision)


def private(country: str, finance_decision: Category | None = None) -> Buyer:
    return Buyer(country, is_business=False, finance_decision=finance_decision)


def outcome(buyer: Buyer) -> VatDecision | str:
    """The decision, or the sentence that says why there is none."""
    try:
        return decide(buyer)
    except VatBlocked as blocked:
        return str(blocked)


@pytest.mark.parametrize(
    ("buyer", "category", "rate", "printed_number"),
    [
        (business("BE", BELGIAN), "S", 21, BELGIAN),
        (business("BE", "be 0697.449.992"), "S", 21, BELGIAN),
        (business("BE"), "S", 21, ""),
        (private("BE"), "S", 21, ""),
        (business("NL", DUTCH), "AE", 0, DUTCH),
        (business("nl", " nl 0044.95.445 b01 "), "AE", 0, DUTCH),
        (business("GR", GREEK), "AE", 0, GREEK),
        (business("EL", GREEK), "AE", 0, GREEK),
        (business("MC", "FR40303265045"), "AE", 0, "FR40303265045"),
        (business("US"), "O", 0, ""),
        (business("CH", "CHE-107.787.577 MWST"), "O", 0, "CHE-107.787.577 MWST"),
        (business("GB", "XI980780684"), "O", 0, "XI980780684"),
        (business("XI", "XI980780684"), "O", 0, "XI980780684"),
    ],
)
def test_who_and_where_the_buyer_is_decides_the_vat(buyer: Buyer, category: str, rate: int, printed_number: str):
    decision = decide(buyer)

    assert decision.category == category
    assert decision.rate == Decimal(rate)
    assert decision.buyer_vat_number == printed_number


def test_each_case_has_the_text_that_the_invoice_must_bear():
    assert decide(business("BE", BELGIAN)).note == ""
    assert decide(business("NL", DUTCH)).note == (
        "Reverse charge / Btw verlegd, art. 21 §2 Belgian VAT Code, art. 196 Directive 2006/112/EC"
    )
    assert decide(business("US")).note == (
        "Outside the scope of Belgian VAT, art. 21 §2 Belgian VAT Code, art. 44 Directive 2006/112/EC"
    )


ASK = "Ask the customer for the right number, or decide that Belgian VAT of 21% is charged."
BLOCKED = {
    "EU business without a number": (
        business("NL"),
        (f"The customer has no VAT number of NL (it begins with NL), so the reverse charge does not apply. {ASK}"),
    ),
    "EU business with a wrong number": (
        business("NL", "NL004495445B02X"),
        (
            "“NL004495445B02X” is not a valid VAT number of NL (it begins with NL), "
            f"so the reverse charge does not apply. {ASK}"
        ),
    ),
    "Greek business with the wrong prefix": (
        business("GR", "GR094259216"),
        (
            "“GR094259216” is not a valid VAT number of GR (it begins with EL), "
            f"so the reverse charge does not apply. {ASK}"
        ),
    ),
    "private person in the EU": (
        private("DE"),
        (
            "The customer is a private person in another EU country. "
            "Register the business and its VAT number, or decide that Belgian VAT of 21% is charged."
        ),
    ),
    "private person outside the EU": (
        private("US"),
        (
            "The customer is a private person outside the EU. Decide whether Belgian VAT of 21% is charged "
            "or the service is outside its scope, or register the customer as a business."
        ),
    ),
    "no country": (
        business("Belgium", BELGIAN),
        "“Belgium” is not a country code, so the VAT is unknown. Correct the customer's country.",
    ),
}


@pytest.mark.parametrize(("buyer", "sentence"), BLOCKED.values(), ids=BLOCKED.keys())
def test_where_no_rule_fits_finance_reads_what_to_do(buyer: Buyer, sentence: str):
    assert outcome(buyer) == sentence


@pytest.mark.parametrize("number", [BELGIAN, GREEK, "XI980780684", "EU372022452"])
def test_a_number_from_elsewhere_gives_no_reverse_charge(number: str):
    with pytest.raises(VatBlocked, match="is not a valid VAT number of NL"):
        decide(business("NL", number))


def test_a_private_person_with_a_vat_number_gets_no_reverse_charge():
    assert "private person" in str(outcome(Buyer("NL", is_business=False, vat_number=DUTCH)))


def test_every_member_state_but_belgium_asks_for_a_vat_number():
    states = "AT BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"

    for state in states.split():
        assert "does not apply" in str(outcome(business(state)))
    assert {"BE", *states.split()} == MEMBER_STATES


def test_finance_decides_that_a_blocked_eu_buyer_pays_belgian_vat():
    decision = decide(business("NL", finance_decision=Category.STANDARD))

    assert decision == TREATMENTS[Category.STANDARD]


@pytest.mark.parametrize("category", [Category.REVERSE_CHARGE, Category.OUTSIDE_SCOPE])
def test_finance_cannot_waive_vat_for_an_eu_buyer_without_a_number(category: Category):
    with pytest.raises(VatBlocked):
        decide(business("NL", finance_decision=category))


@pytest.mark.parametrize("category", [Category.STANDARD, Category.OUTSIDE_SCOPE])
def test_finance_decides_either_way_for_a_private_person_outside_the_eu(category: Category):
    assert decide(private("US", finance_decision=category)) == TREATMENTS[category]


@given(buyers)
def test_every_buyer_gets_one_whole_treatment_or_a_sentence(buyer: Buyer):
    decision = outcome(buyer)

    if isinstance(decision, str):
        assert decision.endswith(".")
    else:
        assert replace(decision, buyer_vat_number="") == TREATMENTS[decision.category]
        assert decision.buyer_vat_number or decision.category is not Category.REVERSE_CHARGE


@given(buyers)
def test_a_decision_of_finance_changes_nothing_where_a_rule_fits(buyer: Buyer):
    by_rule = outcome(replace(buyer, finance_decision=None))

    assert isinstance(by_rule, str) or outcome(buyer) == by_rule


@given(st.sampled_from(sorted(MEMBER_STATES)), st.text(max_size=20))
def test_any_text_at_all_can_be_checked_as_a_vat_number(country: str, text: str):
    number = valid_vat_number(country, country + text)

    assert number in {"", valid_vat_number(country, number)}
