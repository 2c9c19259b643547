"""Input that will not do: each field's first problem, in Django's words, all at once."""

import re
from dataclasses import dataclass

import pytest
from django import forms

from portal.core.errors import Busy, Invalid
from portal.core.forms import show_problems, show_refusal
from portal.core.rules import Problems, refuse_wrong_types


class Form(forms.Form):
    name = forms.CharField(max_length=5)
    count = forms.IntegerField(required=False)


@pytest.fixture
def problems():
    return Problems()


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "This field is required."),
        ("   ", "This field is required."),
        ("abcdef", "Ensure this value has at most 5 characters (it has 6)."),
        ("a\0b", "Null characters are not allowed."),
    ],
)
def test_a_text_that_will_not_do_is_refused_in_the_words_of_its_form(problems, value, sentence):
    problems.text("name", value, most=5)

    assert dict(problems) == {"name": sentence}
    form = Form({"name": value})
    assert form.errors["name"] == [sentence]


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "This field is required."),
        (5, "Enter a text."),
        (["a"], "Enter a text."),
        ("a\ud800", "This holds characters that cannot be stored: write them anew."),
    ],
)
def test_what_is_no_text_is_refused_and_breaks_nothing(problems, value, sentence, required):
    problems.text("name", value, most=5, required=required)
    problems.shape("name", value, re.compile("[a-z]+"), "Letters.")

    assert dict(problems) == {"name": sentence}


@dataclass(frozen=True)
class Data:
    name: str
    count: int
    note: str = ""
    wanted: bool = True


def test_every_text_of_a_dataclass_is_looked_at_before_rules_read_it():
    refuse_wrong_types(Data("Ann", 1))
    with pytest.raises(Invalid) as refused:
        refuse_wrong_types(Data(None, None, ["no"], "maybe"))

    assert refused.value.problems == {
        "name": "This field is required.",
        "note": "Enter a text.",
        "wanted": "Say yes or no.",
    }


@pytest.mark.parametrize("value", [["dev"], {"a": 1}, 5])
def test_what_is_no_text_is_no_choice(problems, value):
    problems.choice("kind", value, {"dev": 1})

    assert problems["kind"].startswith("Select a valid choice.")


def test_what_is_right_is_no_problem(problems):
    problems.text("name", "Ann", most=5)
    problems.text("note", "", most=5, required=False)
    problems.email("email", "ann@acme.example")
    problems.number("port", 65535, least=1, most=65535)
    problems.choice("kind", "dev", {"dev", "qa"})
    problems.shape("slug", "a-b", re.compile("[a-z-]+"), "Letters and dashes.")

    problems.refuse()
    assert dict(problems) == {}


def test_everything_else_is_refused_too_and_all_of_it_at_once(problems):
    problems.email("email", "nobody")
    problems.number("port", 0, least=1, most=65535)
    problems.choice("kind", "test", {"dev", "qa"})
    problems.choice("size", "", {"small"})
    problems.shape("slug", "a_b", re.compile("[a-z-]+"), "Letters and dashes.")

    with pytest.raises(Invalid) as refused:
        problems.refuse()

    assert refused.value.problems == {
        "email": "Enter a valid email address.",
        "port": "Ensure this value is greater than or equal to 1.",
        "kind": "Select a valid choice. test is not one of the available choices.",
        "size": "This field is required.",
        "slug": "Letters and dashes.",
    }
    assert str(refused.value).startswith("Enter a valid email address. Ensure this value")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "This field is required."),
        ("", "This field is required."),
        ("many", "Enter a whole number."),
        (True, "Enter a whole number."),
        (1.5, "Enter a whole number."),
        (0, "Ensure this value is greater than or equal to 1."),
    ],
)
def test_what_is_no_number_is_refused_and_breaks_nothing(problems, value, sentence):
    problems.number("count", value, least=1, most=9)

    assert dict(problems) == {"count": sentence}


def test_the_first_problem_of_a_field_is_said(problems):
    problems.add("name", "Taken.")
    problems.text("name", "", most=5)

    assert dict(problems) == {"name": "Taken."}


def test_a_form_shows_each_problem_at_its_field_and_the_rest_above():
    form = Form({"name": "Ann", "count": "many"})
    form.is_valid()

    show_problems(form, {"name": "Taken.", "count": "Too many.", "": "Not now.", "else": "Elsewhere."})

    assert form.errors == {
        "name": ["Taken."],
        "count": ["Enter a whole number."],
        "__all__": ["Not now.", "Elsewhere."],
    }


def test_a_refusal_about_no_field_stands_above_the_form():
    form = Form({"name": "Ann"})
    form.is_valid()

    show_refusal(form, Busy("Somebody else is at it."))
    show_refusal(form, Invalid({"name": "Taken."}))

    assert form.errors == {"__all__": ["Somebody else is at it."], "name": ["Taken."]}
