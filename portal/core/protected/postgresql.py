"""Protection in PostgreSQL: a function and a trigger for each event, TRUNCATE included."""

from collections.abc import Iterable
from functools import partial

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from portal.core.protected import conditions
from portal.core.protected.conditions import NEW, OLD, column_name, frozen, literals, quoted
from portal.core.protected.declared import protection_of
from portal.core.protected.triggers import LEGACY, PREFIX, Found, Key, Trigger

DIFFERS = "IS DISTINCT FROM"
# The tables that are there, with the triggers on them; ours on tables that are not declared any more, too.
CATALOGUE = """
SELECT c.relname, n.nspname, t.tgname, CASE WHEN t.tgenabled IN ('O', 'A') THEN p.prosrc ELSE 'disabled' END
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
LEFT JOIN pg_proc p ON p.oid = t.tgfoid
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND (c.relname = ANY(%s) OR starts_with(t.tgname, %s))
"""
LEGACY_FUNCTIONS = {"core_auditevent": ["core_auditevent_append_only"]}


def look(connection: BaseDatabaseWrapper, tables: list[str]) -> Found:
    """Reads the catalogue, in one query."""
    found = Found()
    with connection.cursor() as cursor:
        cursor.execute(CATALOGUE, [tables, PREFIX])
        for table, schema, name, body in cursor.fetchall():
            found.tables[table] = partial(make, schema)
            if name and Key(table, name).is_ours:
                found.triggers[Key(table, name)] = body
    return found


def make(schema: str, model: type[Model]) -> list[Trigger]:
    """The triggers of a model's table."""
    refused = {
        "INSERT": conditions.frozen_parent(model, NEW),
        "UPDATE": conditions.refused_update(model, rest_differs(model), DIFFERS),
        "DELETE": [frozen(model, OLD)],
        "TRUNCATE": ["TRUE"],  # whatever is in the table: nobody can look at each row while it is emptied
    }
    return [_trigger(schema, model, event, parts) for event, parts in refused.items() if parts]


def rest_differs(model: type[Model]) -> str:
    """Compares whole rows without what may change, so that a column added by hand is frozen at once, too."""
    movable = sorted(column_name(model, name) for name in protection_of(model).movable)
    without = f"ARRAY[{literals(movable)}]::text[]"
    return f"to_jsonb({NEW}) - {without} {DIFFERS} to_jsonb({OLD}) - {without}"


def _trigger(schema: str, model: type[Model], event: str, parts: list[str]) -> Trigger:
    key = Key.of(model, event)
    condition = " OR ".join(f"({part})" for part in parts)
    answer = {"DELETE": "OLD", "TRUNCATE": "NULL"}.get(event, "NEW")
    error = f"MESSAGE = {literals([protection_of(model).sentence])}, ERRCODE = 'restrict_violation'"
    body = f"BEGIN IF {condition} THEN RAISE EXCEPTION USING {error}; END IF; RETURN {answer}; END"
    # The path is fixed: a temporary table of the same name must not be looked at in the real one's place.
    function = (
        f"CREATE OR REPLACE FUNCTION {quoted(key.name)}() RETURNS trigger LANGUAGE plpgsql"
        f" SET search_path = {quoted(schema)}, pg_temp AS $protect${body}$protect$"
    )
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    on = f"BEFORE {event} ON {quoted(key.table)} FOR EACH {each}"
    trigger = f"CREATE TRIGGER {quoted(key.name)} {on} EXECUTE FUNCTION {quoted(key.name)}()"
    return Trigger(key, body, [function, trigger])


def drop(keys: Iterable[Key]) -> list[str]:
    """Triggers first, then their functions: two of the old ones shared one."""
    keys = list(keys)
    functions = {key.name for key in keys} | {
        name for key in keys if key.name in LEGACY.get(key.table, []) for name in LEGACY_FUNCTIONS.get(key.table, [])
    }
    return [
        *(f"DROP TRIGGER {quoted(key.name)} ON {quoted(key.table)}" for key in keys),
        *(f"DROP FUNCTION IF EXISTS {quoted(name)}()" for name in sorted(functions)),
    ]
