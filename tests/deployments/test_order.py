"""The order of listener rules, from what they say."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deployments.rollouts import order
from deployments.rollouts.order import numbers, rank
from tests.deployments.listener import matches

patterns = st.text("ab/*?", max_size=6).map(lambda text: f"/{text}")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("api.shop.example.com", "/*"), ("*.shop.example.com", "/*")),
        (("*.shop.example.com", "/*"), ("*.example.com", "/deep/*")),
        (("*.example.com", "/*"), ("", "/deep/and/exact")),
        (("", "/area/one/*"), ("", "/area/*")),
        (("", "/a/b/*"), ("", "/*/admin")),
        (("", "/health"), ("", "/health*")),
        (("", "/*/admin"), ("", "/*")),
        (("", "/a?"), ("", "/a*")),
        (("", "/a/?*"), ("", "/a/*")),
        (("API.shop.example.com", "/a"), ("api.shop.example.com", "/a*")),
    ],
)
def test_what_says_more_comes_first(first, second):
    assert rank(*first) < rank(*second)


@given(patterns, st.lists(st.text("ab?*", max_size=2), min_size=8, max_size=8))
@example("/*/b*", ["", "", "", "", "", "", "", ""])
def test_what_matches_only_a_part_of_another_never_comes_after_it(broad, fillings):
    """A pattern whose wildcards are filled with something matches a part of what it did."""
    rest = iter(fillings)

    def narrower(wildcard: re.Match[str]) -> str:
        filling = next(rest)
        return filling if wildcard[0] == "*" else filling.replace("*", "")[:1] or "?"

    narrow = re.sub(r"[*?]", narrower, broad)

    assert rank("", narrow) <= rank("", broad)
    assert rank("a.example", broad) < rank("", narrow)


@given(patterns, patterns, st.text("ab/", max_size=6).map(lambda text: f"/{text}"))
def test_patterns_of_the_same_rank_are_not_one_inside_the_other(one, other, path):
    """Two that rank alike match the same, or each matches something else too: their order is nobody's business."""
    if rank("", one) == rank("", other) and one.replace("**", "*") != other.replace("**", "*"):
        shortest = [pattern.replace("*", "").replace("?", "a") for pattern in (one, other)]
        assert matches(one, shortest[0])
        assert matches(other, shortest[1])


@given(
    st.lists(st.none() | st.integers(1, 12), max_size=8),
    st.frozensets(st.integers(1, 12), max_size=8),
)
def test_numbers_rise_are_free_and_move_as_few_as_can_be(present, taken):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "LAST", 12)
        given_numbers = numbers(present, taken)

    if given_numbers is None:
        assert len(present) > 12 - len(taken)
    else:
        assert given_numbers == sorted(set(given_numbers))
        assert len(given_numbers) == len(present)
        assert not taken & set(given_numbers)
        assert set(given_numbers) <= set(range(1, 13))


@given(st.sets(st.integers(1, 50_000), max_size=50), st.sets(st.integers(1, 50_000), max_size=50))
def test_who_stands_right_stays(standing, taken):
    present = sorted(standing - taken)

    assert numbers(present, taken) == present


def test_only_what_stands_wrong_moves():
    assert numbers([10, 500, 20, 30], frozenset()) == [10, 15, 20, 30]
    assert numbers([10, None, 11, 900], frozenset()) == [10, 307, 603, 900]


def test_a_listener_that_is_full_is_said_so():
    assert numbers([None], frozenset(range(1, 50_001))) is None
    assert numbers([None], frozenset(range(1, 50_000))) == [50_000]


def test_hundreds_of_new_rules_find_a_place_without_moving_others():
    present = [*numbers([None], frozenset())]
    for _ in range(200):
        before = list(present)
        present = numbers([None, *present, None], frozenset())
        assert set(before) <= set(present)
