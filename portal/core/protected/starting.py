"""The site does not start on open tables: a migrate that was killed half-way leaves them so."""

from collections.abc import Sequence

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from portal.core.protected.installing import open_tables

TAG = "protected"


class TablesAreOpen(ImproperlyConfigured):
    """Protected tables take changes; the message names them and says what to do."""


def refuse_open_tables() -> None:
    """Raises TablesAreOpen. What it connects to it leaves again: servers fork after it."""
    for connection in connections.all():
        was_connected = connection.connection is not None
        try:
            tables = open_tables(connection)
        finally:
            if not was_connected:
                connection.close()
        if tables:
            raise TablesAreOpen(sentence(tables))


def sentence(tables: list[str]) -> str:
    """What happened, why, what to do."""
    return (
        f"Not started: the database does not protect {', '.join(tables)}, whose rows must stay as they are. "
        "A migrate was cut short, or the code is newer than the database. Run manage.py migrate again."
    )


def check_protection(databases: Sequence[str] | None = None, **_: object) -> list[CheckMessage]:
    """For `manage.py check --database default`."""
    opened = [(alias, open_tables(connections[alias])) for alias in databases or ()]
    return [
        Error(f"Tables are not protected in database {alias}: {', '.join(tables)}.", hint=HINT, id="portal.E002")
        for alias, tables in opened
        if tables
    ]


HINT = "Run manage.py migrate, or manage.py protect where nothing is to be migrated."


class NeedsProtection(BaseCommand):
    """A command that works on the site's rows, and so starts on protected tables only."""

    def execute(self, *args: object, **options: object) -> str | None:
        try:
            refuse_open_tables()
        except TablesAreOpen as error:
            raise CommandError(str(error)) from error
        return super().execute(*args, **options)
