"""Reasons of steps and problems of what leaves the house become sentences as data."""

from typing import Any

from django.db import migrations, models

from portal.core.prose import to_prose, to_sentences
from portal.core.sentence_field import SentenceField

COLUMNS = {
    "Step": ("reason",),
    "Outgoing": ("problem",),
}


def forwards(apps: Any, editor: Any) -> None:
    for model, columns in COLUMNS.items():
        to_sentences(apps.get_model("core", model), *columns)


def backwards(apps: Any, editor: Any) -> None:
    for model, columns in COLUMNS.items():
        to_prose(apps.get_model("core", model), *columns)


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_outgoing"),
        ("support", "0002_mail_is_outgoing"),  # it writes prose into this column
    ]

    operations = [
        migrations.AlterField("outgoing", "problem", models.TextField(blank=True)),
        migrations.RunPython(forwards, backwards),
        migrations.AlterField("step", "reason", SentenceField()),
        migrations.AlterField("outgoing", "problem", SentenceField()),
    ]
