"""Tables whose rows can only be added: triggers refuse the rest, whatever code, shell or script asks for it."""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

Operation = Callable[[Apps, BaseDatabaseSchemaEditor], None]
OPERATIONS = ("update", "delete")


def forbid(table: str, sentence: str) -> Operation:
    """What a migration runs to refuse UPDATE and DELETE on `table`, with `sentence` as the database's error."""

    def run(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        make = _postgresql if editor.connection.vendor == "postgresql" else _sqlite
        for statement in make(table, sentence):
            editor.execute(statement)

    return run


def allow(table: str) -> Operation:
    """The reverse of `forbid`."""

    def run(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        on = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
        for operation in OPERATIONS:
            editor.execute(f"DROP TRIGGER {table}_no_{operation}{on}")
        if on:
            editor.execute(f"DROP FUNCTION {table}_append_only()")

    return run


def _postgresql(table: str, sentence: str) -> list[str]:
    body = f"BEGIN RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'; END"
    function = f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
    triggers = [
        f"CREATE TRIGGER {table}_no_{operation} BEFORE {operation} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
        for operation in OPERATIONS
    ]
    return [function, *triggers]


def _sqlite(table: str, sentence: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{operation} BEFORE {operation} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        for operation in OPERATIONS
    ]
