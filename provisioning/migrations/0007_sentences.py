"""Reasons, problems, advice and the results of tests become sentences as data."""

from typing import Any

from django.db import migrations

from portal.core.prose import Convert, prose_of, rows, sentence_of, to_prose, to_sentences
from portal.core.sentence_field import SentenceField

COLUMNS = {
    "Environment": ("reason",),
    "StackChange": ("reason", "problem", "advice"),
}


def forwards(apps: Any, editor: Any) -> None:
    for model, columns in COLUMNS.items():
        to_sentences(apps.get_model("provisioning", model), *columns)
    _convert_checks(apps, sentence_of)


def backwards(apps: Any, editor: Any) -> None:
    for model, columns in COLUMNS.items():
        to_prose(apps.get_model("provisioning", model), *columns)
    _convert_checks(apps, prose_of)


def _convert_checks(apps: Any, convert: Convert) -> None:
    accounts = apps.get_model("provisioning", "AwsAccount").objects
    for batch in rows(accounts.exclude(checks=[]), "checks"):
        for account in batch:
            for check in account.checks:
                check.update(name=convert(check["name"]), sentence=convert(check["sentence"]))
        accounts.bulk_update(batch, ["checks"])


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0006_environments_without_work")]

    operations = [
        migrations.RunPython(forwards, backwards),
        migrations.AlterField("environment", "reason", SentenceField()),
        migrations.AlterField("stackchange", "reason", SentenceField()),
        migrations.AlterField("stackchange", "problem", SentenceField()),
        migrations.AlterField("stackchange", "advice", SentenceField()),
    ]
