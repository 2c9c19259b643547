"""django-rq's worker, on protected tables only."""

from django_rq.management.commands import rqworker

from portal.core.protected.starting import NeedsProtection


class Command(NeedsProtection, rqworker.Command):
    """rqworker."""
