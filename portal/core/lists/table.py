"""A list as it is declared, and as it is shown to somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from portal.core import htmx
from portal.core.lists.columns import Column, Label
from portal.core.lists.export import Prepare, csv_file
from portal.core.lists.filters import Filters
from portal.core.lists.paging import Ordered, Slice

COUNTED = 1000  # rows; more are not counted

R = TypeVar("R")
PARTIAL = "list"


@dataclass(frozen=True)
class Listing(Generic[R]):
    """What a list is: its name (in the file it exports), title and columns, and the order nobody asked for.

    On a page with several, `prefix` keeps their addresses apart.
    """

    name: str
    title: Label
    columns: tuple[Column[R], ...]
    order: tuple[str, ...] = ("-id",)
    prefix: str = ""

    def show(
        self, request: HttpRequest, rows: QuerySet[Any, Any], filters: Filters | None = None, **options: Any
    ) -> "Table[R]":
        """The list for this request. Options are those of Table."""
        return Table(self, request, rows, filters, **options)


@dataclass(frozen=True)
class Heading:
    """The head of a column: its address sorts by it; `sorted` is what aria-sort says."""

    column: Column[Any]
    href: str = ""
    sorted: str = ""


class Table(Generic[R]):
    """A list in a request: sorted, paged or exported as its address says. Asks the database when it is drawn."""

    def __init__(
        self,
        listing: Listing[R],
        request: HttpRequest,
        rows: QuerySet[Any, Any],
        filters: Filters | None = None,
        *,
        columns: Sequence[Column[R]] | None = None,
        without: Sequence[str] = (),
        order: Sequence[str] = (),
        prepare: Prepare[Any, R] | None = None,
        size: int = 0,
    ) -> None:
        """`columns` instead of the declared ones, or `without` some; `prepare` makes what columns show of rows."""
        self.size = size or settings.PAGE_SIZE
        self.listing, self.request, self.filters = listing, request, filters
        shown = listing.columns if columns is None else columns
        self.columns = [column for column in shown if column.key not in without]
        self.sort = self._sort()
        self.ordered: Ordered[Any] = Ordered(rows, self._order(order or listing.order))
        self.prepare: Prepare[Any, R] = prepare or (lambda some: cast("Sequence[R]", some))
        self.partial = ""

    def page(
        self, template: str, context: Mapping[str, object] | None = None, *, partial: str = PARTIAL, status: int = 200
    ) -> HttpResponse:
        """The page with this list (`table` there), the list alone (`partial`) when htmx asks, or its file."""
        if file := self.export():
            return file
        self.partial = partial
        facts = {"table": self, "filters": self.filters, **(context or {})}
        return htmx.page(self.request, template, facts, partial=partial, status=status)

    def export(self) -> HttpResponse | None:
        """The list as a file, when its address asks for it."""
        if self.request.GET.get(self._named("export")) != "csv":
            return None
        return csv_file(self.listing.name, self.columns, self.ordered.all(), self.prepare)

    @cached_property
    def slice(self) -> Slice[Any]:
        after, before = (self.request.GET.get(self._named(way), "") for way in ("after", "before"))
        return self.ordered.page(self.size, after=after, before="" if after else before)

    @cached_property
    def rows(self) -> Sequence[R]:
        """What the page shows."""
        return self.prepare(self.slice.rows)

    @cached_property
    def count(self) -> int:
        """How many there are; at most one more than COUNTED. What fits on one page is seen, not counted."""
        if not (self.slice.before or self.slice.after):
            return len(self.slice.rows)
        some: QuerySet[Any, Any] = self.ordered.named.order_by().values("pk")[: COUNTED + 1]
        return some.count()

    @property
    def count_words(self) -> str:
        return f"{COUNTED:,}+" if self.count > COUNTED else f"{self.count:,}"

    @property
    def id(self) -> str:
        """Of its element; htmx swaps "list"."""
        return f"{self.listing.prefix}{PARTIAL}"

    @property
    def is_narrowed(self) -> bool:
        return self.filters is not None and self.filters.narrows

    @property
    def links_rows(self) -> bool:
        return any(column.url for column in self.columns)

    @property
    def headings(self) -> list[Heading]:
        return [self._heading(column) for column in self.columns]

    @property
    def first_url(self) -> str:
        return self._address()

    @property
    def before_url(self) -> str:
        return self._address(before=self.slice.before) if self.slice.before else ""

    @property
    def after_url(self) -> str:
        return self._address(after=self.slice.after) if self.slice.after else ""

    @property
    def export_url(self) -> str:
        return self._address(export="csv")

    def _heading(self, column: Column[R]) -> Heading:
        if not column.sort:
            return Heading(column)
        falls = self.sort == f"-{column.key}"
        if self.sort.removeprefix("-") != column.key:
            return Heading(column, self._address(sort=column.key))
        turned = column.key if falls else f"-{column.key}"
        return Heading(column, self._address(sort=turned), "descending" if falls else "ascending")

    def _sort(self) -> str:
        """What the address asks for: the key of a column, with "-" before it from high to low; nothing for nonsense."""
        asked = self.request.GET.get(self._named("sort"), "")
        known = {column.key for column in self.columns if column.sort}
        return asked if asked.removeprefix("-") in known and not asked.startswith("--") else ""

    def _order(self, default: Sequence[str]) -> Sequence[str]:
        field = next((column.sort for column in self.columns if column.key == self.sort.removeprefix("-")), "")
        if not self.sort or not field:
            return default
        return [f"-{field}" if self.sort.startswith("-") else field]

    def _named(self, parameter: str) -> str:
        return f"{self.listing.prefix}{parameter}"

    def _address(self, **changes: str) -> str:
        """This address with other parameters of the list; a place in it counts for one order only."""
        query = self.request.GET.copy()
        for gone in ("after", "before", "export"):
            query.pop(self._named(gone), None)
        for name, value in changes.items():
            query[self._named(name)] = value
        return f"?{query.urlencode()}"
