"""Lets transactional tests empty append-only tables on SQLite, where a flush is made of DELETEs, which triggers refuse.

PostgreSQL's flush is a TRUNCATE, which no row trigger sees.
"""

from typing import Any

from django.db.backends.sqlite3.base import DatabaseOperations

_plain = DatabaseOperations.sql_flush


def _without_triggers(self: DatabaseOperations, style: Any, tables: Any, **options: Any) -> list[str]:
    """The flush between the removal of all triggers and their return, in the one transaction Django gives it."""
    with self.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    drops = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
    return [*drops, *_plain(self, style, tables, **options), *(sql for _, sql in triggers)]


DatabaseOperations.sql_flush = _without_triggers
