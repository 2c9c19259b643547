"""A change says only what is its own; the rest stands with its save. Apart from the move of the data: PostgreSQL alters
no table in the transaction that wrote to its foreign keys."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deployments", "0010_configuration_saves")]

    operations = [
        migrations.AlterField(
            "configurationchange",
            "configuration_save",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="deployments.configurationsave"
            ),
        ),
        migrations.RemoveIndex("configurationchange", "configuration_history"),
        migrations.RemoveConstraint("configurationchange", "one_change_per_key_and_save"),
        migrations.AddConstraint(
            "configurationchange",
            models.UniqueConstraint(fields=("configuration_save", "key"), name="one_change_per_key_and_save"),
        ),
        *(
            migrations.RemoveField("configurationchange", name)
            for name in ("customer", "service", "environment", "save_id", "state", "author", "reason", "at")
        ),
    ]
