"""When the triggers go and come, and whose are left alone."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portal.core.models import AuditEvent
from portal.core.protected.installing import install, open_tables, remove
from portal.core.protected.triggers import LEGACY, Key
from tests.protected.conftest import run

ALL = ["billing_charge", "billing_invoice", "core_auditevent"]
SEEN = {
    "postgresql": "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE NOT t.tgisinternal",
    "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
}[connection.vendor]
FUNCTIONS = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"


def triggers() -> set[Key]:
    with connection.cursor() as cursor:
        cursor.execute(SEEN)
        return {Key(*row) for row in cursor.fetchall()}


def functions() -> set[str]:
    if connection.vendor != "postgresql":
        return set()
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        return {name for (name,) in cursor.fetchall()}


def make_by_hand(key: Key, function: str) -> None:
    """A trigger that refuses every change; on PostgreSQL by a function that is made when it is not there."""
    if connection.vendor == "sqlite":
        run(f"CREATE TRIGGER {key.name} BEFORE UPDATE ON {key.table} BEGIN SELECT RAISE(ABORT, 'by hand'); END")
        return
    body = "BEGIN RAISE EXCEPTION 'by hand'; END"
    run(f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    run(f"CREATE TRIGGER {key.name} BEFORE UPDATE ON {key.table} FOR EACH ROW EXECUTE FUNCTION {function}()")


@pytest.fixture
def to_do(scratch):
    """A migration that is still to be applied, as far as the database knows; nothing else waits for it."""
    graph = MigrationLoader(connection).graph
    leaf = next(node for node in sorted(graph.leaf_nodes()) if not graph.node_map[node].children)
    MigrationRecorder(connection).record_unapplied(*leaf)
    return leaf


def dying(monkeypatch, error):
    """The next migrate meets `error`; returns what it will have seen by then."""
    seen = []

    def die(*_, **__):
        seen.extend(open_tables(connection))
        raise error

    monkeypatch.setattr(MigrationExecutor, "migrate", die)
    return seen


@pytest.mark.parametrize("error", [DatabaseError("disk full"), KeyboardInterrupt()], ids=["failed", "interrupted"])
def test_a_migrate_that_dies_half_way_leaves_the_tables_protected(to_do, monkeypatch, error):
    seen = dying(monkeypatch, error)

    with pytest.raises(type(error)):
        call_command("migrate", verbosity=0)

    assert seen == ALL
    assert open_tables(connection) == []


def test_a_migrate_that_cannot_protect_again_says_so(to_do, monkeypatch):
    dying(monkeypatch, DatabaseError("server closed the connection"))

    def away(_):
        raise DatabaseError("no connection")

    monkeypatch.setattr("portal.core.management.commands.migrate.install", away)

    with pytest.raises(CommandError, match=r"may be open, .* Run manage.py migrate again .* It said: no connection"):
        call_command("migrate", verbosity=0)


def test_a_migrate_that_only_looks_changes_nothing(to_do, capsys):
    call_command("migrate", plan=True)
    assert open_tables(connection) == []
    remove(connection)

    call_command("migrate", plan=True)
    with pytest.raises(SystemExit):
        call_command("migrate", check_unapplied=True)

    assert open_tables(connection) == ALL


def test_a_migrate_with_nothing_to_do_never_opens_the_tables(scratch, monkeypatch):
    before, seen = triggers(), dying(monkeypatch, RuntimeError("seen enough"))

    with pytest.raises(RuntimeError):
        call_command("migrate", verbosity=0)

    assert seen == []
    assert triggers() == before


def test_a_migrate_mends_what_a_killed_one_left(scratch):
    remove(connection)
    assert open_tables(connection) == ALL

    call_command("migrate", verbosity=0, skip_checks=False)

    assert open_tables(connection) == []


def test_a_database_with_the_old_triggers_gets_the_new_ones(scratch):
    before, had = triggers(), functions()
    remove(connection)
    for table, names in LEGACY.items():
        for name in names:
            make_by_hand(Key(table, name), "core_auditevent_append_only" if "auditevent" in table else name)
    assert open_tables(connection) == ALL

    call_command("migrate", verbosity=0)

    assert triggers() == before
    assert functions() == had


@pytest.mark.parametrize(
    "key",
    [
        Key("billing_invoice", "somebodys_invoice"),
        Key("accounts_customer", "billing_invoice_update"),
        Key("core_auditevent", "core_auditevent_no_insert"),
    ],
)
def test_triggers_of_others_stay(scratch, key):
    make_by_hand(key, "somebodys_function")

    remove(connection)

    assert triggers() == {key}


def test_a_table_that_is_not_there_is_not_waited_for(scratch):
    remove(connection)
    run("DROP TABLE billing_charge")

    install(connection)

    assert open_tables(connection) == []
    assert {key.table for key in triggers()} == {"billing_invoice", "core_auditevent"}


UPDATE = Key.of(AuditEvent, "UPDATE").name
SPOILT = {
    "postgresql": [
        f"DROP TRIGGER {UPDATE} ON core_auditevent",
        f"ALTER TABLE core_auditevent DISABLE TRIGGER {UPDATE}",
        f"ALTER TABLE core_auditevent ENABLE REPLICA TRIGGER {UPDATE}",
        f"CREATE OR REPLACE FUNCTION {UPDATE}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    ],
    "sqlite": [
        f"DROP TRIGGER {UPDATE}",
        f"DROP TRIGGER {UPDATE}; CREATE TRIGGER {UPDATE} BEFORE UPDATE ON core_auditevent WHEN 0 BEGIN SELECT 1; END",
    ],
}[connection.vendor]


@pytest.mark.parametrize("script", SPOILT)
def test_a_trigger_that_is_not_as_declared_is_made_again(scratch, script):
    for statement in script.split("; ", 1) if connection.vendor == "sqlite" else [script]:
        run(statement)
    assert open_tables(connection) == ["core_auditevent"]

    assert install(connection) == ["core_auditevent"]

    assert open_tables(connection) == []
