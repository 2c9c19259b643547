"""Pages by cursor: what follows a row in the list's order, or precedes it. The last page costs what the first does.

A cursor holds the sorted values of a row, not its number: it works when the row is gone, and rows that came meanwhile
move nothing. It is signed for its order, so that one made up, or of another order, counts for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.core.signing import BadSignature, Signer
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Key:
    """A field that rows are sorted by, and the name under which each row carries its value."""

    field: str
    descending: bool
    name: str
    nullable: bool

    def order(self, *, backwards: bool) -> OrderBy:
        """Nothing counts as more than anything, as PostgreSQL has it; SQLite is told so."""
        if self.descending != backwards:
            return F(self.name).desc(nulls_first=True if self.nullable else None)
        return F(self.name).asc(nulls_last=True if self.nullable else None)

    def same(self, value: object) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def beyond(self, value: object, *, backwards: bool, or_same: bool = False) -> Q:
        """What comes later in the order than `value`."""
        falling = self.descending != backwards
        if value is None:
            return Q(**{f"{self.name}__isnull": False}) if falling else Q(pk__in=[])
        lookup = ("lt" if falling else "gt") + ("e" if or_same else "")
        later = Q(**{f"{self.name}__{lookup}": value})
        return later if falling or not self.nullable else later | Q(**{f"{self.name}__isnull": True})


@dataclass(frozen=True)
class Slice(Generic[M]):
    """Rows of a page, and the cursors of its neighbours; empty where there is none."""

    rows: list[M]
    before: str = ""
    after: str = ""


class Ordered(Generic[M]):
    """Rows in an order, e.g. ("state", "-id"); rows that are alike in it stand by their id."""

    def __init__(self, rows: QuerySet[M, M], order: Sequence[str]) -> None:
        fields = [*order, *([] if {"id", "-id"} & {*order} else ["-id"])]
        self.keys = [_key(rows.model, field, f"sorted_{at}") for at, field in enumerate(fields)]
        self.signer = Signer(salt=f"lists:{','.join(fields)}")
        self.named: QuerySet[M, M] = rows.annotate(**{key.name: F(key.field) for key in self.keys})

    def all(self, *, backwards: bool = False) -> QuerySet[M, M]:
        return self.named.order_by(*(key.order(backwards=backwards) for key in self.keys))

    def page(self, size: int, *, after: str = "", before: str = "") -> Slice[M]:
        """The page after or before a cursor; the first one without, or where nothing is left of it."""
        cursor = self._read(after or before)
        if cursor is None:
            return self._slice(list(self.all()[: size + 1]), size)
        if after:
            found = list(self._beyond(cursor)[: size + 1])
            return self._slice(found, size, more_before=True) if found else self.page(size)
        found = list(self._beyond(cursor, backwards=True)[: size + 1])[::-1]
        if len(found) < size:
            return self.page(size)
        return Slice(found[-size:], self._cursor(found[1]) if len(found) > size else "", self._cursor(found[-1]))

    def _slice(self, found: list[M], size: int, *, more_before: bool = False) -> Slice[M]:
        before = self._cursor(found[0]) if more_before else ""
        return Slice(found[:size], before, self._cursor(found[size - 1]) if len(found) > size else "")

    def _beyond(self, cursor: list[object], *, backwards: bool = False) -> QuerySet[M, M]:
        alike, steps = Q(), []
        for key, value in zip(self.keys, cursor, strict=True):
            steps.append(alike & key.beyond(value, backwards=backwards))
            alike &= key.same(value)
        # Said once more of the first field alone: from that a database sees where in an index to begin.
        start = self.keys[0].beyond(cursor[0], backwards=backwards, or_same=True) if cursor[0] is not None else Q()
        return self.all(backwards=backwards).filter(start & reduce(or_, steps))

    def _cursor(self, row: M) -> str:
        return self.signer.sign_object([_plain(getattr(row, key.name)) for key in self.keys])

    def _read(self, cursor: str) -> list[object] | None:
        if not cursor:
            return None
        try:
            said = self.signer.unsign_object(cursor)
        except BadSignature:
            return None
        kinds = [self.named.query.annotations[key.name].output_field for key in self.keys]
        return [kind.to_python(value) for kind, value in zip(kinds, said, strict=True)]


def _key(model: type[Model], field: str, name: str) -> Key:
    path = field.removeprefix("-")
    return Key(path, field.startswith("-"), name, _nullable(model, path))


def _nullable(model: type[Model], path: str) -> bool:
    """Whether a row may have nothing there, itself or on the way; annotations always have something."""
    here: Any = model
    for part in path.split("__"):
        try:
            field = here._meta.get_field(part)
        except FieldDoesNotExist:
            return False
        if field.null:
            return True
        here = field.related_model
    return False


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
