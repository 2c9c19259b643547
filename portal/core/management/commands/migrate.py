"""Django's migrate, which also protects the tables again when it fails."""

from typing import Any

from django.core.checks.registry import registry
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError, connections

from portal.core.protected.installing import install
from portal.core.protected.starting import TAG


class Command(migrate.Command):
    """migrate; what it does with protected tables is in portal/core/protected/."""

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """Every check but that of protection: open tables are what this command mends."""
        return {**super().get_check_kwargs(options), "tags": registry.tags_available() - {TAG}}

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrates. When a migration fails or is interrupted, the tables are protected as they are then."""
        try:
            super().handle(*args, **options)
        finally:
            if not (options["plan"] or options["check_unapplied"]):
                _protect(options["database"])


def _protect(alias: str) -> None:
    try:
        install(connections[alias])
    except DatabaseError as error:
        raise CommandError(
            f"The protected tables of database {alias} may be open, and the site does not start on them. "
            f"Run manage.py migrate again when the database answers. It said: {error}"
        ) from error
