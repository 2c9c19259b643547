"""The order of listener rules: the first that matches answers, so the one that says more stands before others. Pure.

The order follows from what rules say now, never from when they were made. Where every request that one rule matches is
matched by another too, the first comes before the second.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

FIRST, LAST = 1, 50_000  # AWS's limits; the smallest number is asked first
_STEP = 100  # between two neighbours, so that most new rules find a place without moving others
_WILDCARDS = "*?"
_STARS = re.compile(r"\*+")

Rank = tuple[object, ...]


def rank(host: str, path: str) -> Rank:
    """What sorts rules: an exact host, then a host with wildcards, then none; then the longer literal beginning of the
    path; an exact path before a pattern."""
    return (not host, _breadth(host.lower()), -_literal_start(path), _breadth(path))


def _literal_start(pattern: str) -> int:
    """Characters before the first wildcard."""
    return min((at for at, each in enumerate(pattern) if each in _WILDCARDS), default=len(pattern))


def _breadth(pattern: str) -> Rank:
    """Less for a pattern than for one that matches all the same and more: exact, then by the shortest text it matches,
    then by whether its length is open, by its literal characters and by its stars."""
    pattern = _STARS.sub("*", pattern)
    stars = pattern.count("*")
    literal = len(pattern) - stars - pattern.count("?")
    return (literal < len(pattern), -(len(pattern) - stars), stars > 0, -literal, stars)


@dataclass(frozen=True)
class _Gap:
    """Rules that want a number, from place `at` on, and the numbers they stand between (None: no neighbour)."""

    at: int
    count: int
    low: int | None
    high: int | None

    def free(self, taken: Set[int]) -> list[int]:
        """What may be given: beyond the last neighbour only what is near it, if that is enough."""
        low, high = self.low or FIRST - 1, self.high or LAST + 1
        near = _STEP * (self.count + 1)
        if self.low and not self.high:
            nearby = range(low + 1, min(high, low + near))
        elif self.high and not self.low:
            nearby = range(max(low + 1, high - near + 1), high)
        else:
            nearby = range(low + 1, high)
        found = _without(nearby, taken)
        return found if len(found) >= self.count else _without(range(low + 1, high), taken)

    def is_tight(self, taken: Set[int]) -> bool:
        return len(self.free(taken)) < self.count


def _without(numbers: range, taken: Set[int]) -> list[int]:
    return [number for number in numbers if number not in taken]


def numbers(present: Sequence[int | None], taken: Set[int]) -> list[int] | None:
    """Numbers that rise, for rules in their order: `present` are those they have, `taken` those of others.

    As many keep theirs as can; None when there is no room.
    """
    kept = _rising([None if number in taken else number for number in present])
    while tight := next((gap for gap in _gaps(kept) if gap.is_tight(taken)), None):
        neighbour = tight.at + tight.count if tight.high else tight.at - 1
        if neighbour < 0:
            return None
        kept[neighbour] = None
    for gap in _gaps(kept):
        free = gap.free(taken)
        kept[gap.at : gap.at + gap.count] = [
            free[nth * len(free) // (gap.count + 1)] for nth in range(1, gap.count + 1)
        ]
    return [number for number in kept if number is not None]


def _gaps(kept: Sequence[int | None]) -> list[_Gap]:
    fixed: list[tuple[int, int | None]] = [(-1, None), *_given(kept), (len(kept), None)]
    return [
        _Gap(left + 1, right - left - 1, low, high)
        for (left, low), (right, high) in pairwise(fixed)
        if right - left > 1
    ]


def _given(kept: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    return ((at, number) for at, number in enumerate(kept) if number is not None)


def _rising(present: Sequence[int | None]) -> list[int | None]:
    """The longest run of rising numbers, with None in place of those that break it."""
    lowest: list[int] = []  # the lowest last number of a run of each length
    length: dict[int, int] = {}  # of the longest run that ends at a place
    for at, number in _given(present):
        length[at] = bisect_left(lowest, number) + 1
        lowest[length[at] - 1 : length[at]] = [number]
    kept: list[int | None] = [None] * len(present)
    wanted, above = len(lowest), LAST + 1
    for at, number in reversed(list(_given(present))):
        if length[at] == wanted and number < above:
            kept[at], above, wanted = number, number, wanted - 1
    return kept
