"""manage.py demo: performs the main job and says what it saw. bin/demo calls it with everything running."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.core.errors import UserError
from portal.demo import people
from portal.demo.report import NotSeen, Report
from portal.demo.scenario import perform


class Command(BaseCommand):
    """Only for the demo's own database: it makes customers, users with a known password, and invoices."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This fills the database with made-up customers. Start it with bin/demo.")
        report = Report()
        try:
            perform(report)
        except (NotSeen, UserError) as error:
            self._summary(report)
            raise CommandError(f"The main job did not happen as it should: {error}") from error
        self._summary(report)
        if report.lost:
            raise CommandError(f"{report.lost} requests failed; none may.")

    def _summary(self, report: Report) -> None:
        print("\nWhat was seen")
        for line in report.lines:
            print(f"  · {line}")
        print(f"\nThe portal is at {settings.PORTAL_URL}   (password of everybody: {people.PASSWORD})")
        for who, email in (
            ("customer", "olivia@acme.example"),
            ("engineer", "erik@in4it.example"),
            ("finance", "fien@in4it.example"),
        ):
            print(f"  {who:9} {email}")
