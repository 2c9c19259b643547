import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules import ogm

bases = st.integers(1, ogm.LARGEST)


@pytest.mark.parametrize(
    ("base", "printed"), [(2026000001, "+++202/6000/00192+++"), (2026000006, "+++202/6000/00697+++")]
)
def test_worked_example(base: int, printed: str):
    assert ogm.formatted(ogm.make(base)) == printed


@given(bases)
def test_what_is_printed_reads_back_as_the_same_digits(base: int):
    digits = ogm.make(base)

    assert ogm.validate(ogm.formatted(digits)) == digits
    assert ogm.validate(digits) == digits
    assert int(digits[:10]) == base


@given(bases, st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(base: int, position: int, shift: int):
    digits = ogm.make(base)
    wrong = (int(digits[position]) + shift) % 10
    mistyped = f"{digits[:position]}{wrong}{digits[position + 1 :]}"

    with pytest.raises(ogm.OgmError):
        ogm.validate(mistyped)


@pytest.mark.parametrize("base", [0, -1, ogm.LARGEST + 1])
def test_a_base_that_does_not_fit_ten_digits_is_refused(base: int):
    with pytest.raises(ValueError, match="is made of 1 to 9999999999"):
        ogm.make(base)


@pytest.mark.parametrize("text", ["", "hello", "+++202/6000/00193+++", "20260000019", "000000000000"])
def test_what_is_no_structured_communication_is_refused_with_a_sentence(text: str):
    with pytest.raises(ogm.OgmError) as refused:
        ogm.validate(text)

    assert str(refused.value) == (
        f"“{text}” is not a structured communication: it has 12 digits, of which the last two are a check. "
        "Compare it with the invoice."
    )
