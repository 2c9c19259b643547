"""A database of its own for each test, of the kind the other tests use: here tables are altered and left open."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections

from tests.billing.conftest import invoiced, subscribed
from tests.factories import CustomerFactory

TEMPLATE, SCRATCH = "scratch_template", "scratch"


@contextmanager
def default_database(name: str) -> Iterator[None]:
    """The default connection leads to the database (the file) of this name."""
    usual, own = connections["default"], connections.create_connection("default")
    own.settings_dict = {**own.settings_dict, "NAME": name}
    connections["default"] = own
    try:
        yield
    finally:
        own.close()
        connections["default"] = usual


class Postgresql:
    """Databases beside the tests' own, on the same server."""

    def __init__(self, _folder: Path) -> None:
        self.suffix = connection.settings_dict["NAME"]  # differs between the processes of one run

    def new(self, name: str, template: str = "template1") -> str:
        self.drop(name)
        self._run(f'CREATE DATABASE "{name}_{self.suffix}" TEMPLATE "{self.named(template)}"')
        return f"{name}_{self.suffix}"

    def drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}_{self.suffix}" WITH (FORCE)')

    def named(self, template: str) -> str:
        return template if template == "template1" else f"{template}_{self.suffix}"

    @staticmethod
    def _run(sql: str) -> None:
        with connections["default"]._nodb_cursor() as cursor:
            cursor.execute(sql)


class Sqlite:
    """Files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, name: str, template: str = "") -> str:
        self.drop(name)
        if template:
            shutil.copy(self.folder / template, self.folder / name)
        return str(self.folder / name)

    def drop(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def databases(tmp_path_factory, django_db_setup, django_db_blocker):
    """Makes databases; the template among them is migrated."""
    kind = Postgresql if connection.vendor == "postgresql" else Sqlite
    made = kind(tmp_path_factory.mktemp("databases"))
    with django_db_blocker.unblock():
        with default_database(made.new(TEMPLATE)):
            call_command("migrate", verbosity=0)
        yield made
        made.drop(TEMPLATE)


@pytest.fixture
def scratch(databases, django_db_blocker):
    """The default connection leads to a migrated database that nobody else uses."""
    with django_db_blocker.unblock():
        with default_database(databases.new(SCRATCH, TEMPLATE)):
            yield connection
        databases.drop(SCRATCH)


@pytest.fixture
def invoice(scratch):
    """An issued invoice with one charge, and the audit events of how it came about: a frozen row in each table."""
    customer = CustomerFactory(name="Acme")
    subscribed(customer)
    return invoiced(customer)


def run(sql: str) -> int:
    """Rows changed by a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.rowcount


def rows(table: str) -> list[tuple[object, ...]]:
    """All of a table."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
        return cursor.fetchall()
