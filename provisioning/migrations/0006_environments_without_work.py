"""What stacks and changes have taken over leaves environments and resources."""

import django.db.models.deletion
from django.db import migrations, models

MOVED = (
    "attempt",
    "stack_id",
    "change_set_id",
    "plan",
    "outputs",
    "advice",
    "deletion_asked_at",
    "problem",
    "traceback",
    "started_at",
    "finished_at",
    "seq",
    "heartbeat_at",
)


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0005_stacks_of_environments")]

    operations = [
        migrations.RemoveConstraint("stackresource", "one_row_per_resource"),
        migrations.RemoveField("stackresource", "environment"),
        migrations.AlterField(
            "stackresource",
            "stack",
            models.ForeignKey("provisioning.stack", django.db.models.deletion.CASCADE, related_name="resources"),
        ),
        migrations.AddConstraint(
            "stackresource", models.UniqueConstraint(fields=["stack", "logical_id"], name="one_row_per_resource")
        ),
        migrations.RemoveIndex("environment", "environment_tick"),
        *(migrations.RemoveField("environment", name) for name in MOVED),
    ]
