"""Names at AWS, and of releases."""

import re
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.rollouts.names import (
    by_telling,
    release_name,
    target_group_name,
)

slugs = st.from_regex(r"[a-z][a-z0-9-]{0,38}[a-z0-9]", fullmatch=True)


@given(slugs, slugs, st.integers(1, 10**9))
def test_a_target_groups_name_fits_aws(stack, service, key):
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", target_group_name(stack, service, key))


def test_services_that_read_alike_have_target_groups_of_their_own():
    names = {target_group_name("acme-dev", "x-api", 1), target_group_name("acme-dev-x", "api", 1)}

    assert len(names) == 2
    assert target_group_name("acme-dev", "api", 1) != target_group_name("acme-dev", "api", 2)
    assert target_group_name("acme-dev", "api", 1) == target_group_name("acme-dev", "api", 1)


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        (("latest", "v2.3.1"), "v2.3.1"),
        (("v2", "v2.3", "v2.3.1"), "v2.3.1"),
        (("main", "7c9e1f2a", "latest"), "7c9e1f2a"),
        (("latest", "main"), "latest"),
        (("41", "production"), "41"),
        ((), ""),
    ],
)
def test_a_release_is_called_by_the_tag_that_tells_most_whatever_order_aws_gives(tags, name):
    assert {release_name(order) for order in permutations(tags)} == {name}
    assert len({tuple(by_telling(order)) for order in permutations(tags)}) == 1
