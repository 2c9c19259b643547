"""Environment variables as people type them."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from deployments.catalog.forms import SettingsForm, VariablesField, parse_variables
from deployments.catalog.rules import Settings, settings_problems
from deployments.models import Service

names = st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True)
values = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)


@given(st.dictionaries(names, values, max_size=20))
def test_what_is_shown_is_read_back_unchanged(variables):
    assert parse_variables(VariablesField().prepare_value(variables)) == variables


def test_blank_lines_and_remarks_are_left_out():
    assert parse_variables("A=1\n\n# a remark\n B=x=y ") == {"A": "1", "B": "x=y"}


# What Python's splitlines() takes for the end of a line, and nobody who types does.
NO_LINE_ENDS = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\x1f\u00a0"


@pytest.mark.parametrize("sign", NO_LINE_ENDS, ids=[f"U+{ord(sign):04X}" for sign in NO_LINE_ENDS])
@pytest.mark.parametrize("value", ['{"a":"x%sB=1"}', "x%s", "%sx", "%s", "x%s# no remark", "a%s%sb"])
def test_only_a_line_feed_ends_a_value(sign, value):
    given = value.replace("%s", sign)
    field = SettingsForm.base_fields["variables"]

    assert field.clean(f"A=1\r\nMSG={given}\r\nB=2") == {"A": "1", "MSG": given, "B": "2"}
    assert field.clean(f"MSG={given}") == {"MSG": given}
    assert field.clean(field.prepare_value({"MSG": given, "B": "2"})) == {"MSG": given, "B": "2"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_system_ends_them(end):
    assert parse_variables(f"A=1{end}{end}B=2{end}") == {"A": "1", "B": "2"}
    with pytest.raises(ValidationError, match=r"Line 3: write NAME=value\."):
        parse_variables(end.join(["A=1", "", "B"]))


@given(
    st.dictionaries(
        names, st.text(st.characters(exclude_characters="\n\r\0 \t", codec="utf-8"), max_size=20), max_size=9
    )
)
def test_whatever_fits_on_a_line_comes_back_unchanged(variables):
    field = SettingsForm.base_fields["variables"]

    assert field.clean(field.prepare_value(variables)) == variables


@pytest.mark.parametrize("empty", ["", "\r\n", "  \n\t", "# nothing"])
def test_no_variable_is_no_variable(empty):
    assert SettingsForm.base_fields["variables"].clean(empty) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A=1\nB", "Line 2: write NAME=value."),
        ("1A=x", "Line 1: 1A cannot be a name."),
        ("=x", "Line 1: an empty name cannot be a name."),
        ("A=1\nA=2", "Line 2: A is given twice."),
    ],
)
def test_what_cannot_be_read_names_its_line(text, sentence):
    with pytest.raises(ValidationError) as refusal:
        parse_variables(text)

    assert refusal.value.messages[0].startswith(sentence)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({f"V{n}": "1" for n in range(101)}, "These are 101 variables: at most 100 fit."),
        ({"1A": "x"}, "1A cannot be a name. Use letters, digits and underscores, and do not begin with a digit."),
        ({"KEY": "BEGIN\nEND"}, "The value of KEY has more than one line. Write it on one."),
        ({"A": "\u00e9" * 10_000}, "These variables take 60028 bytes as AWS counts them: at most 60000 fit."),
    ],
)
def test_what_aws_or_the_page_could_not_hold_is_refused_whoever_asks(variables, sentence):
    assert settings_problems(Service.Exposure.PUBLIC, Settings(variables=variables)) == {"variables": sentence}


@pytest.mark.parametrize("variables", [{f"V{n}": "1" for n in range(100)}, {"A": "\u00e9" * 9_995}])
def test_what_just_fits_is_accepted(variables):
    assert settings_problems(Service.Exposure.PUBLIC, Settings(variables=variables)) == {}


def test_more_text_than_a_task_definition_holds_is_refused():
    field = SettingsForm.base_fields["variables"]

    assert field.clean("A=" + "x" * 15_998) == {"A": "x" * 15_998}
    with pytest.raises(ValidationError, match="at most 16000 characters"):
        field.clean("A=" + "x" * 15_999)
