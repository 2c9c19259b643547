"""A service says for how long two releases run side by side. What is registered already goes on without: 0 seconds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deployments", "0013_after_watch"),
    ]

    operations = [
        migrations.AddField(
            model_name="service",
            name="overlap_seconds",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="deployment",
            name="kept",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="deployment",
            name="good_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
