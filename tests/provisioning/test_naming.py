"""Names that AWS takes, from names that people type."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.naming import STACK_NAME_LENGTH, UnfitName, slug_of, stack_name
from provisioning.stacks import load

CUSTOMER_SLUGS = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,9})?", fullmatch=True)


@given(customer=CUSTOMER_SLUGS, name=st.text(max_size=40))
def test_a_name_becomes_one_that_the_template_takes_or_is_refused(customer, name):
    try:
        slug = slug_of(customer, name)
    except UnfitName:
        return

    whole = stack_name(customer, slug)
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", whole)
    assert 3 <= len(whole) <= STACK_NAME_LENGTH
    assert len(slug) <= 11


def test_the_limits_are_those_of_the_template():
    parameter = load("environment").body.split("EnvironmentName:")[1][:400]

    assert f"MaxLength: {STACK_NAME_LENGTH}" in parameter
    assert "AllowedPattern: ^[a-z][a-z0-9]*(-[a-z0-9]+)*$" in parameter


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Production", "production"),
        ("QA", "qa"),
        ("Acceptance testing", "acceptance"),
        ("Développement", "developpeme"),
        ("a__b -- c", "a-b-c"),
    ],
)
def test_a_short_name_is_what_people_would_expect(name, slug):
    assert slug_of("acme", name) == slug


def test_a_customer_with_a_long_name_gets_shorter_environments():
    assert slug_of("a" * 20, "Production") == "product"


@pytest.mark.parametrize("name", ["", "!!!", "new", "日本"])
def test_a_name_of_which_nothing_is_left_is_refused(name):
    with pytest.raises(UnfitName, match="letters or digits"):
        slug_of("acme", name)
