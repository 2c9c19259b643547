"""Protects the tables whose rows must stay as they are; migrate does this by itself."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from portal.core.protected.installing import install, open_tables


class Command(BaseCommand):
    """manage.py protect [--check] [--database ALIAS]."""

    help = "Protects the tables whose rows must stay as they are. With --check it only tells which are not."

    def add_arguments(self, parser: CommandParser) -> None:
        """Both options."""
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a table is open")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Says which tables were open."""
        connection = connections[options["database"]]
        tables = open_tables(connection) if options["check"] else install(connection)
        if tables and options["check"]:
            raise CommandError(f"Not protected: {', '.join(tables)}. Run manage.py protect.")
        self.stdout.write(f"Protected now: {', '.join(tables)}." if tables else "Every table is protected.")
