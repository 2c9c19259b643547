"""What was frozen with a ticket holds its sentences as data."""

from typing import Any

from django.db import migrations

from portal.core.prose import Convert, prose_of, rows, sentence_of


def forwards(apps: Any, editor: Any) -> None:
    _convert(apps, sentence_of)


def backwards(apps: Any, editor: Any) -> None:
    _convert(apps, prose_of)


def _convert(apps: Any, convert: Convert) -> None:
    tickets = apps.get_model("support", "Ticket").objects
    for batch in rows(tickets.exclude(context={}), "context"):
        for ticket in batch:
            for told, name in ((ticket.context, "sentence"), *((task, "reason") for task in ticket.context["tasks"])):
                told[name] = convert(told.get(name, ""))
        tickets.bulk_update(batch, ["context"])


class Migration(migrations.Migration):
    dependencies = [("support", "0003_ticket_is_stateful")]

    operations = [
        migrations.RunPython(forwards, backwards),
    ]
