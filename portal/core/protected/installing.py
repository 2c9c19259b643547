"""Putting the triggers where they belong, taking them away, and seeing whether they are there."""

from collections.abc import Iterable

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from portal.core.protected import postgresql, sqlite
from portal.core.protected.conditions import frozen, quoted
from portal.core.protected.declared import protected_models
from portal.core.protected.triggers import Database, Found, Key, Trigger

DATABASES: dict[str, Database] = {"postgresql": postgresql, "sqlite": sqlite}


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Makes what is missing or different, and takes away what no model declares any more; the tables it mended."""
    with transaction.atomic(using=connection.alias):
        found, wanted = _look(connection)
        kept = {trigger.key for trigger in wanted if _is_in(found, trigger)}
        missing = [trigger for trigger in wanted if trigger.key not in kept]
        _drop(connection, found.triggers.keys() - kept)
        _execute(connection, [statement for trigger in missing for statement in trigger.statements])
    return sorted({trigger.key.table for trigger in missing})


def remove(connection: BaseDatabaseWrapper) -> None:
    """Takes away every trigger of ours, and nothing else."""
    with transaction.atomic(using=connection.alias):
        found, _ = _look(connection)
        _drop(connection, found.triggers)


def open_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables that are there and should be protected, but are not, or not as declared."""
    found, wanted = _look(connection)
    return sorted({trigger.key.table for trigger in wanted if not _is_in(found, trigger)})


def frozen_tables(connection: BaseDatabaseWrapper, labels: set[str]) -> list[str]:
    """Those of these models' tables ("billing.invoice") that hold rows which must stay."""
    there = connection.introspection.table_names()
    asked = [
        model for model in protected_models() if model._meta.label_lower in labels and model._meta.db_table in there
    ]
    return sorted(model._meta.db_table for model in asked if _holds(connection, model))


def _holds(connection: BaseDatabaseWrapper, model: type[Model]) -> bool:
    table = quoted(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {frozen(model, table)})")  # noqa: S608 - our own names
        return bool(cursor.fetchone()[0])


def _look(connection: BaseDatabaseWrapper) -> tuple[Found, list[Trigger]]:
    models = protected_models()
    found = DATABASES[connection.vendor].look(connection, [model._meta.db_table for model in models])
    return found, found.wanted(models)


def _is_in(found: Found, trigger: Trigger) -> bool:
    return found.triggers.get(trigger.key) == trigger.definition


def _drop(connection: BaseDatabaseWrapper, keys: Iterable[Key]) -> None:
    if keys := sorted(keys):
        _execute(connection, DATABASES[connection.vendor].drop(keys))


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
