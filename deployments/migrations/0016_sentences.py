"""Reasons, problems and causes become sentences as data. What goes back without a cause was canceled."""

from typing import Any

from django.db import migrations

from portal.core.prose import to_prose, to_sentences
from portal.core.sentence_field import SentenceField
from portal.core.sentences import Sentence, to_text

COLUMNS = {
    "Deployment": ("reason", "problem", "cause"),
    "Repository": ("reason", "problem"),
}


def forwards(apps: Any, editor: Any) -> None:
    for model, columns in COLUMNS.items():
        to_sentences(apps.get_model("deployments", model), *columns)
    _note_canceled(apps)


def _note_canceled(apps: Any) -> None:
    """How a deployment ends that is going back now is decided by the code of its cause."""
    found = apps.get_model("deployments", "Deployment").objects.filter(state="rolling_back", cause="")
    for deployment in found.exclude(cancel_requested_by=None).select_related("cancel_requested_by"):
        by = deployment.cancel_requested_by
        deployment.cause = to_text(Sentence("rollouts.canceled", by=by.name or by.email))
        deployment.save(update_fields=["cause"])


def backwards(apps: Any, editor: Any) -> None:
    for model, columns in COLUMNS.items():
        to_prose(apps.get_model("deployments", model), *columns)


class Migration(migrations.Migration):
    dependencies = [("deployments", "0015_availability")]

    operations = [
        migrations.RunPython(forwards, backwards),
        migrations.AlterField("deployment", "reason", SentenceField()),
        migrations.AlterField("deployment", "problem", SentenceField()),
        migrations.AlterField("deployment", "cause", SentenceField()),
        migrations.AlterField("repository", "reason", SentenceField()),
        migrations.AlterField("repository", "problem", SentenceField()),
    ]
