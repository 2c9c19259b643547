import posixpath
import re
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deployments import keys
from deployments.keys import InvalidKey

PREFIX = "acme/dev/shop/"
WRITTEN_RULE = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")

tricky_text = st.text(alphabet="./\\%-_aZ9 \n\x00é?#", max_size=20)
anything = st.one_of(st.text(), tricky_text)
segments = st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True).filter(lambda part: part not in {".", ".."})
good_keys = st.lists(segments, min_size=1, max_size=6).map("/".join)


@given(anything)
@example("../../../agent/service/deregister/victim")
@example("a/../b")
@example("a\n")
@example("%2e%2e/b")
@example("/a")
@example("a//b")
@example("a/")
def test_no_accepted_key_leaves_its_prefix(key: str) -> None:
    try:
        whole = keys.full_key(PREFIX, key)
    except InvalidKey:
        return

    assert whole == PREFIX + key
    assert posixpath.normpath(whole) == whole
    assert not {"", ".", ".."} & set(whole.split("/"))
    assert quote(whole, safe="/") == whole
    assert len(whole) <= 512


@given(anything)
def test_keys_are_judged_by_the_written_rule(key: str) -> None:
    allowed = bool(WRITTEN_RULE.fullmatch(key)) and not {".", ".."} & set(key.split("/"))

    try:
        accepted = keys.validate_key(key) == key
    except InvalidKey:
        accepted = False

    assert accepted is allowed


@given(good_keys)
@example("...")
@example("a..b/.env")
def test_ordinary_keys_pass_unchanged(key: str) -> None:
    assert keys.validate_key(key) == key


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", "A key needs a name, for example database/host."),
        ("a//b", "The key 'a//b' has an empty part: use single slashes, and none at the start or end."),
        ("../b", "The key '../b' has a part that is only dots: give every part a name."),
        (
            "é",
            "The key 'é' has a character that is not allowed: use letters without accents, digits, dots, hyphens, underscores and slashes.",  # noqa: E501
        ),
        ("a" * 513, "This key is too long: at most 512 characters fit."),
    ],
)
def test_a_refused_key_says_what_to_do(key: str, sentence: str) -> None:
    with pytest.raises(InvalidKey) as refused:
        keys.validate_key(key)

    assert str(refused.value) == sentence


def test_the_prefix_counts_towards_the_length() -> None:
    room = 512 - len(PREFIX)

    assert len(keys.full_key(PREFIX, "k" * room)) == 512
    with pytest.raises(InvalidKey, match=f"at most {room} characters fit here"):
        keys.full_key(PREFIX, "k" * (room + 1))


def test_a_service_owns_the_folder_of_its_customer_and_environment() -> None:
    assert keys.prefix("acme", "dev", "shop") == "acme/dev/shop/"


@pytest.mark.parametrize("slug", ["", ".", "..", "a/b", "a b", "shop\n", "café"])
def test_a_prefix_is_made_of_slugs_only(slug: str) -> None:
    with pytest.raises(ValueError, match="is not a slug"):
        keys.prefix("acme", slug, "shop")


@pytest.mark.parametrize("prefix", ["", "/", "acme", "acme/dev/app1", "acme/../x/", "/acme/", "acme//"])
def test_only_a_clean_folder_serves_as_prefix(prefix: str) -> None:
    with pytest.raises(ValueError):
        keys.full_key(prefix, "key")
