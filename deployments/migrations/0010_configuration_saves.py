"""What was saved together becomes a row of its own, which moves from state to state; the history is kept."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

STATES = [
    ("saving", "Being saved"),
    ("saved", "Saved"),
    ("unknown", "Not known whether it was saved"),
    ("refused", "Not saved"),
]
SHARED = ("save_id", "customer_id", "service_id", "environment_id", "state", "author_id", "reason", "at")


def one_save_for_each(apps, schema_editor):
    """The changes of one save were written together and moved together: the first says what all of them say."""
    Save = apps.get_model("deployments", "ConfigurationSave")
    Change = apps.get_model("deployments", "ConfigurationChange")
    first = {}
    for shared in Change.objects.order_by("pk").values(*SHARED).iterator():
        first.setdefault(shared["save_id"], shared)
    Save.objects.bulk_create([Save(**shared) for shared in first.values()], batch_size=500)
    own = Save.objects.filter(
        service=models.OuterRef("service"), environment=models.OuterRef("environment"), save_id=models.OuterRef("save_id")
    )
    Change.objects.update(configuration_save=models.Subquery(own.values("pk")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("deployments", "0006_rules_beside_services"),
        ("provisioning", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConfigurationSave",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("save_id", models.UUIDField(default=uuid.uuid4)),
                ("state", models.CharField(choices=STATES, default="saving", max_length=20)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.customer"
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="provisioning.environment",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="configuration_saves",
                        to="deployments.service",
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.AddConstraint(
            "configurationsave",
            models.UniqueConstraint(fields=("service", "environment", "save_id"), name="one_save_per_draft"),
        ),
        migrations.AddField(
            "configurationchange",
            "configuration_save",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="changes",
                to="deployments.configurationsave",
            ),
        ),
        migrations.RunPython(one_save_for_each, migrations.RunPython.noop),
    ]
