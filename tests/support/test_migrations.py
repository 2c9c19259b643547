"""What earlier versions left behind is kept."""

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from portal.core import outbox
from portal.core.models import Outgoing
from portal.support.models import Message, Ticket
from tests import factories
from tests.protected.conftest import databases, scratch  # noqa: F401


def test_mail_that_was_never_sent_waits_to_be_sent(scratch, mailoutbox):  # noqa: F811
    ticket = factories.TicketFactory(customer__name="Acme", subject="The shop is slow")
    call_command("migrate", "support", "0001", verbosity=0)
    old = MigrationLoader(connection).project_state(("support", "0001_initial")).apps.get_model("support", "Message")
    said = {"ticket_id": ticket.pk, "author_id": ticket.opened_by_id, "from_staff": False}
    old.objects.create(**said, body="Sent", mailed_at=timezone.now())
    failed = old.objects.create(**said, body="Failed", mail_problem="OSError: password=hunter2 refused")
    lost = old.objects.create(**said, body="Lost")

    call_command("migrate", verbosity=0)

    rows = list(Outgoing.waiting.order_by("pk"))
    assert [(row.about_id, str(row.problem)) for row in rows] == [
        (str(failed.pk), "OSError: password=•••••• refused"),
        (str(lost.pk), ""),
    ]
    assert {(row.kind, row.queue, row.about_kind, row.about_name, row.customer) for row in rows} == {
        ("support.message", "mail", "support.message", f"message on {ticket}", ticket.customer)
    }
    for row in rows:
        outbox.deliver(row.pk, row.seq)
    assert len(mailoutbox) == 2
    assert not Message.objects.filter(mailed_at=None).exists()
    assert Ticket.objects.get().state == "open"
