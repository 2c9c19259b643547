"""Django's flush, for tests only: it would empty the audit log and issued invoices."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import flush

from portal.core.protected import lifted
from portal.core.protected.declared import protected_models


class Command(flush.Command):
    """flush: under test settings as Django has it, refused under any others."""

    def handle(self, **options: Any) -> None:
        """Empties every table, protected ones included."""
        if not settings.TESTING:
            tables = ", ".join(sorted(model._meta.db_table for model in protected_models()))
            raise CommandError(
                f"This database is not flushed: it would empty protected tables ({tables}). "
                "To start over in development, remove the database and run manage.py migrate."
            )
        with lifted(options["database"]):
            super().handle(**options)
