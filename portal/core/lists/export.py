"""A list as a CSV file: its columns and rows as they are shown, however many, a few at a time."""

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.functional import Promise

from portal.core.lists.columns import Column

AT_ONCE = 500  # rows
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

M = TypeVar("M", bound=Model)
R = TypeVar("R")
Prepare = Callable[[Sequence[M]], Sequence[R]]


class _Line:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_file(name: str, columns: Sequence[Column[R]], rows: QuerySet[M, M], prepare: Prepare[M, R]) -> HttpResponse:
    """The answer to ?export=csv; a stream, which views hand on like any other answer."""
    lines = _lines([column for column in columns if column.exported], rows, prepare)
    file = f"{name}-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    stream = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
    return cast("HttpResponse", stream)


def _lines(columns: Sequence[Column[R]], rows: QuerySet[M, M], prepare: Prepare[M, R]) -> Iterator[str]:
    write = csv.writer(_Line()).writerow
    yield write([cell(column.label) for column in columns])
    for some in _batches(rows):
        for row in prepare(some):
            yield write([cell(column.value(row)) for column in columns])


def _batches(rows: QuerySet[M, M]) -> Iterator[list[M]]:
    some: list[M] = []
    for row in rows.iterator(chunk_size=AT_ONCE):
        some.append(row)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def cell(value: object) -> str:
    """A value as a spreadsheet takes it: times in UTC, and words that it would run as a formula with a ' before."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    said = str(value)
    is_words = isinstance(value, str | Promise)
    return f"'{said}" if is_words and said.startswith(FORMULA) else said
