"""A declaration as SQL conditions, in the words PostgreSQL and SQLite share; `row` is OLD, NEW or a quoted table."""

from collections.abc import Iterable
from typing import Any, cast

from django.db.models import Field, Model

from portal.core.protected.declared import protection_of

OLD, NEW = "OLD", "NEW"


def frozen(model: type[Model], row: str) -> str:
    """Whether the row may no longer change as it likes. What is unknown (NULL) counts as frozen."""
    free = protection_of(model).unless.items()
    parts = [f"NOT COALESCE({column(model, row, name)} IN ({literals(values)}), FALSE)" for name, values in free]
    return " AND ".join([*parts, *frozen_parent(model, row)]) or "TRUE"


def frozen_parent(model: type[Model], row: str) -> list[str]:
    """Whether the row it belongs to is frozen; empty where it belongs to none."""
    along = protection_of(model).along
    if not along:
        return []
    parent = model._meta.get_field(along).related_model
    assert isinstance(parent, type), f"{model.__name__}.{along} is no foreign key"
    table = quoted(parent._meta.db_table)
    same = f"{column(parent, table, parent._meta.pk.name)} = {column(model, row, along)}"
    return [f"EXISTS (SELECT 1 FROM {table} WHERE {same} AND {frozen(parent, table)})"]  # noqa: S608 - our own names


def refused_update(model: type[Model], rest_differs: str, differs: str) -> list[str]:
    """What makes an UPDATE refused: a frozen row changes beyond what may, or a free one joins a frozen parent.

    `rest_differs` compares what may not change at all; `differs` is the database's comparison that knows NULL.
    """
    along = protection_of(model).along
    joins = [f"{changes(model, along, differs)} AND {parent}" for parent in frozen_parent(model, NEW)]
    return [f"{frozen(model, OLD)} AND ({' OR '.join(beyond(model, rest_differs, differs))})", *joins]


def beyond(model: type[Model], rest_differs: str, differs: str) -> list[str]:
    """The changes that a frozen row does not take; where nothing may change, an UPDATE is refused without a look."""
    protection = protection_of(model)
    if not protection.movable:
        return ["TRUE"]
    again = [f"{column(model, OLD, name)} IS NOT NULL AND {changes(model, name, differs)}" for name in protection.once]
    astray = [
        f"{changes(model, name, differs)} AND NOT COALESCE({allowed_moves(model, name)}, FALSE)"
        for name in protection.moves
    ]
    return [rest_differs, *again, *astray]


def allowed_moves(model: type[Model], name: str) -> str:
    """Whether the field goes from one value to another as declared."""
    old, new = column(model, OLD, name), column(model, NEW, name)
    moves = protection_of(model).moves[name].items()
    return " OR ".join(f"({old} = {literals([before])} AND {new} IN ({literals(after)}))" for before, after in moves)


def changes(model: type[Model], name: str, differs: str) -> str:
    """Whether the field gets another value."""
    return f"{column(model, NEW, name)} {differs} {column(model, OLD, name)}"


def column(model: type[Model], row: str, name: str) -> str:
    """A field's column in a row."""
    return f"{row}.{quoted(column_name(model, name))}"


def column_name(model: type[Model], name: str) -> str:
    """The column of a field; FieldDoesNotExist when a declaration names one that the model lacks."""
    return str(cast("Field[Any, Any]", model._meta.get_field(name)).column)


def quoted(name: str) -> str:
    """An identifier, as Django quotes it on both databases."""
    return f'"{name}"'


def literals(values: Iterable[str]) -> str:
    """Texts, separated by commas; sorted, because the triggers are compared with what was installed by their text."""
    return ", ".join(sorted("'" + str(value).replace("'", "''") + "'" for value in values))
