"""What migrate does with protection: Django's own hooks, connected by the core app for itself, so once each."""

from typing import Any

from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations import CreateModel

from portal.core.protected.installing import frozen_tables, install, remove


def before_migrate(*, using: str, plan: Any = None, **_: object) -> None:
    """Opens the tables where something is going to be migrated: SQLite remakes tables, data migrations write rows."""
    if not plan:
        return
    _refuse_to_empty(using, plan)
    remove(connections[using])


def after_migrate(*, using: str, **_: object) -> None:
    """Protects the tables as they are now, new columns included."""
    install(connections[using])


def _refuse_to_empty(using: str, plan: Any) -> None:
    """CommandError when migrating backwards would drop a table with frozen rows."""
    back = [migration for migration, backwards in plan if backwards]
    unmade = {
        f"{migration.app_label}.{operation.name_lower}"
        for migration in back
        for operation in migration.operations
        if isinstance(operation, CreateModel)
    }
    if tables := frozen_tables(connections[using], unmade):
        raise CommandError(
            f"Not migrated: it would drop tables with rows that must stay ({', '.join(tables)}). "
            "To start over in development, remove the database and run manage.py migrate."
        )
