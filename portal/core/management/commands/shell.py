"""Django's shell, on protected tables only."""

from django.core.management.commands import shell

from portal.core.protected.starting import NeedsProtection


class Command(NeedsProtection, shell.Command):
    """shell."""
