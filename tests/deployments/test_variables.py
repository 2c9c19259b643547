"""Environment variables as people type them."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from deployments.catalog.forms import SettingsForm, VariablesField, parse_variables

names = st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True)
values = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)


@given(st.dictionaries(names, values, max_size=20))
def test_what_is_shown_is_read_back_unchanged(variables):
    assert parse_variables(VariablesField().prepare_value(variables)) == variables


def test_blank_lines_and_remarks_are_left_out():
    assert parse_variables("A=1\n\n# a remark\n B=x=y ") == {"A": "1", "B": "x=y"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A=1\nB", "Line 2: write NAME=value."),
        ("1A=x", "Line 1: 1A cannot be a name."),
        ("=x", "Line 1: an empty name cannot be a name."),
        ("A=1\nA=2", "Line 2: A is given twice."),
        ("\n".join(f"V{n}=1" for n in range(101)), "These are 101 variables: at most 100 fit."),
    ],
)
def test_what_cannot_be_read_names_its_line(text, sentence):
    with pytest.raises(ValidationError) as refusal:
        parse_variables(text)

    assert refusal.value.messages[0].startswith(sentence)


def test_more_text_than_a_task_definition_holds_is_refused():
    field = SettingsForm.base_fields["variables"]

    assert field.clean("A=" + "x" * 15_998) == {"A": "x" * 15_998}
    with pytest.raises(ValidationError, match="at most 16000 characters"):
        field.clean("A=" + "x" * 15_999)
