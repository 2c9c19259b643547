"""A few columns at a time, where a table has one for each of very many things."""

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from django.http import HttpRequest

from portal.core.lists.filters import Filters

SIZE = 6  # columns
FILTER = "environment"


class Named(Protocol):
    """What has a column."""

    name: str


T = TypeVar("T", bound=Named)


class Window(Generic[T]):
    """Those of `things` that ?columns= asks for, counted in windows from 1; the nearest when there are none there.

    The filter that finds them by name is taken away where they all fit.
    """

    def __init__(self, request: HttpRequest, things: Iterable[T], filters: Filters) -> None:
        self.all = list(things)
        if len(self.all) > SIZE:
            words = filters.criteria.get(FILTER, "").lower()
            self.all = [thing for thing in self.all if words in thing.name.lower()]
        else:
            filters.without(FILTER)
        self.last = max(1, -(-len(self.all) // SIZE))
        self.number = self._nearest(request.GET.get("columns", ""))
        self.shown = self.all[(self.number - 1) * SIZE : self.number * SIZE]

    def _nearest(self, asked: str) -> int:
        return min(max(1, int(asked)), self.last) if asked.isdecimal() and len(asked) < 6 else 1

    @property
    def is_partial(self) -> bool:
        return self.last > 1

    @property
    def first_shown(self) -> int:
        return (self.number - 1) * SIZE + 1

    @property
    def last_shown(self) -> int:
        return self.first_shown + len(self.shown) - 1

    @property
    def before(self) -> int:
        """0 for none."""
        return self.number - 1

    @property
    def after(self) -> int:
        """0 for none."""
        return self.number + 1 if self.number < self.last else 0
