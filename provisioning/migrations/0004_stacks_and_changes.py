"""Tables of stacks and of their changes. What they take over from environments is moved by the next migration."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import provisioning.models.change

PROTECT = django.db.models.deletion.PROTECT


def row_of_work():
    return [
        ("seq", models.PositiveIntegerField(default=0)),
        ("heartbeat_at", models.DateTimeField(default=django.utils.timezone.now)),
        ("state", models.CharField(max_length=20)),
        ("reason", models.TextField(blank=True)),
        ("problem", models.TextField(blank=True)),
        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
        ("started_at", models.DateTimeField(blank=True, null=True)),
        ("finished_at", models.DateTimeField(blank=True, null=True)),
        ("traceback", models.TextField(blank=True)),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0003_environment_consul"),
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameField("awsaccount", "status", "state"),
        migrations.AlterField("awsaccount", "state", models.CharField(default="untested", max_length=20)),
        migrations.AddField("awsaccount", "revision", models.PositiveIntegerField(default=0)),
        migrations.AlterField(
            "awsaccount", "customer", models.ForeignKey("accounts.customer", PROTECT, related_name="+")
        ),
        migrations.AlterField(
            "environment", "customer", models.ForeignKey("accounts.customer", PROTECT, related_name="+")
        ),
        migrations.RenameField("environment", "stack_name", "aws_name"),
        migrations.AlterField("environment", "aws_name", models.CharField(max_length=40)),
        migrations.AddField("environment", "aws_facts", models.JSONField(default=dict)),
        migrations.AddField("environment", "changed_at", models.DateTimeField(default=django.utils.timezone.now)),
        migrations.CreateModel(
            "Stack",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("template", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=128)),
                ("stack_id", models.CharField(blank=True, max_length=300)),
                ("parameters", models.JSONField(default=dict)),
                ("outputs", models.JSONField(default=dict)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("customer", models.ForeignKey("accounts.customer", PROTECT, related_name="+")),
                ("environment", models.ForeignKey("provisioning.environment", PROTECT, related_name="stacks")),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.CreateModel(
            "StackChange",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                *row_of_work(),
                (
                    "kind",
                    models.CharField(
                        choices=[("create", "Creation"), ("update", "Update"), ("remove", "Removal")], max_length=10
                    ),
                ),
                ("parameters", models.JSONField(default=dict)),
                ("token", models.CharField(default=provisioning.models.change.new_token, max_length=32)),
                ("change_set_id", models.CharField(blank=True, max_length=300)),
                ("plan", models.JSONField(default=list)),
                ("advice", models.TextField(blank=True)),
                ("executed_at", models.DateTimeField(blank=True, null=True)),
                ("rollback_asked_at", models.DateTimeField(blank=True, null=True)),
                ("deletion_asked_at", models.DateTimeField(blank=True, null=True)),
                ("customer", models.ForeignKey("accounts.customer", PROTECT, related_name="+")),
                ("environment", models.ForeignKey("provisioning.environment", PROTECT, related_name="changes")),
                ("requested_by", models.ForeignKey(settings.AUTH_USER_MODEL, PROTECT, related_name="+")),
                ("stack", models.ForeignKey("provisioning.stack", PROTECT, related_name="changes")),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.AddConstraint(
            "stack",
            models.UniqueConstraint(
                condition=models.Q(removed_at__isnull=True),
                fields=["environment", "template"],
                name="one_stack_per_template",
            ),
        ),
        migrations.AddConstraint(
            "stackchange",
            models.UniqueConstraint(
                condition=models.Q(
                    state__in=["applying", "planned", "planning", "queued", "removing", "rolling_back"]
                ),
                fields=["stack"],
                name="one_change_at_a_time",
            ),
        ),
        migrations.AddIndex("stackchange", models.Index(fields=["state", "heartbeat_at"], name="change_tick")),
        migrations.AddIndex("stackchange", models.Index(fields=["environment", "-id"], name="change_environment")),
        migrations.AddField(
            "environment",
            "change",
            models.ForeignKey("provisioning.stackchange", PROTECT, null=True, related_name="+"),
        ),
        migrations.AddField(
            "stackresource",
            "stack",
            models.ForeignKey(
                "provisioning.stack", django.db.models.deletion.CASCADE, null=True, related_name="resources"
            ),
        ),
    ]
