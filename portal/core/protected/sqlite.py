"""Protection in SQLite: a trigger for each event; INSERT and UPDATE also refuse to REPLACE a frozen row.

OR REPLACE removes the row that is in the way without firing its DELETE trigger, so that the trigger of the row that
comes has to look for it: by the row's number (which is the key) and by each unique index.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from portal.core.protected import conditions
from portal.core.protected.conditions import NEW, OLD, column_name, frozen, literals, quoted
from portal.core.protected.declared import protection_of
from portal.core.protected.triggers import Found, Key, Trigger

DIFFERS = "IS NOT"
ROWID = "rowid"
TRIGGERS = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'"
COLUMNS = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
UNIQUE = """
SELECT t.name, i.name, k.name, CASE i.partial WHEN 1 THEN (SELECT sql FROM sqlite_master WHERE name = i.name) END
FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) k
WHERE t.type = 'table' AND i."unique" ORDER BY i.name, k.seqno
"""


@dataclass
class Unique:
    """A unique index: its columns (None for an expression), and for a partial one the rows it holds."""

    columns: list[str | None] = field(default_factory=list)
    where: str = ""


@dataclass
class Shape:
    """What triggers must know of a table."""

    columns: list[str] = field(default_factory=list)
    unique: dict[str, Unique] = field(default_factory=lambda: {ROWID: Unique([ROWID])})


def look(connection: BaseDatabaseWrapper, tables: list[str]) -> Found:
    """Reads the catalogue."""
    found = Found()
    with connection.cursor() as cursor:
        for table, name, sql in cursor.execute(TRIGGERS).fetchall():
            if Key(table, name).is_ours:
                found.triggers[Key(table, name)] = sql
        shapes: dict[str, Shape] = defaultdict(Shape)
        for table, column in cursor.execute(COLUMNS).fetchall():
            shapes[table].columns.append(column)
        for table, index, column, sql in cursor.execute(UNIQUE).fetchall():
            unique = shapes[table].unique.setdefault(index, Unique())
            unique.columns.append(column)
            unique.where = (sql or "").partition(" WHERE ")[2]
    found.tables = {table: partial(make, shapes[table]) for table in tables if table in shapes}
    return found


def make(shape: Shape, model: type[Model]) -> list[Trigger]:
    """The triggers of a model's table."""
    others = f"{quoted(model._meta.db_table)}.{ROWID} <> {OLD}.{ROWID}"
    refused = {
        "INSERT": [*conditions.frozen_parent(model, NEW), *replaced(shape, model, "TRUE")],
        "UPDATE": [
            *conditions.refused_update(model, rest_differs(shape, model), DIFFERS),
            *replaced(shape, model, others),
        ],
        "DELETE": [frozen(model, OLD)],
    }
    return [_trigger(model, event, parts) for event, parts in refused.items()]


def rest_differs(shape: Shape, model: type[Model]) -> str:
    """Compares every column but those that may change."""
    movable = {column_name(model, name) for name in protection_of(model).movable}
    rest = [ROWID, *(quoted(name) for name in shape.columns if name not in movable)]
    return " OR ".join(f"{NEW}.{name} {DIFFERS} {OLD}.{name}" for name in rest)


def replaced(shape: Shape, model: type[Model], which: str) -> list[str]:
    """Whether a frozen row is in the way of NEW, in any unique index."""
    table = quoted(model._meta.db_table)
    start = f"EXISTS (SELECT 1 FROM {table} WHERE {which} AND {frozen(model, table)}"  # noqa: S608 - our own names
    return [f"{start} AND {_same(table, name, unique)}{_held(shape, unique)})" for name, unique in shape.unique.items()]


def _same(table: str, index: str, unique: Unique) -> str:
    if None in unique.columns:
        raise NotImplementedError(
            f"The unique index {index} of {table} is over an expression, by which SQLite's OR REPLACE could go round "
            "the protection. Make it unique by columns."
        )
    return " AND ".join(f"{table}.{quoted(str(name))} = {NEW}.{quoted(str(name))}" for name in unique.columns)


def _held(shape: Shape, unique: Unique) -> str:
    """For a partial index: only rows that it holds, the one in the way and the one that comes."""
    if not unique.where:
        return ""
    new = ", ".join(f"{NEW}.{quoted(name)} AS {quoted(name)}" for name in shape.columns)
    return f" AND ({unique.where}) AND EXISTS (SELECT 1 FROM (SELECT {new}) WHERE {unique.where})"  # noqa: S608 - our own


def _trigger(model: type[Model], event: str, parts: list[str]) -> Trigger:
    key = Key.of(model, event)
    condition = " OR ".join(f"({part})" for part in parts)
    definition = (
        f"CREATE TRIGGER {quoted(key.name)} BEFORE {event} ON {quoted(key.table)} WHEN {condition}"
        f" BEGIN SELECT RAISE(ABORT, {literals([protection_of(model).sentence])}); END"
    )
    return Trigger(key, definition, [definition])


def drop(keys: Iterable[Key]) -> list[str]:
    """The statements that take these triggers away."""
    return [f"DROP TRIGGER {quoted(key.name)}" for key in keys]
