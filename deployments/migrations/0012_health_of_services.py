"""Health checks and time limits become settings of a service. What is registered already is asked as before.

Internal services had no check: their images may hold no shell, no curl and no wget, and a new check would fail their
next rollout. Of public ones the load balancer took redirects for healthy: without them it would fail the tasks that run.
"""

from django.db import migrations, models


def keep_as_they_are(apps, _):
    services = apps.get_model("deployments", "Service").objects
    services.filter(exposure="internal").update(health_check="none")
    services.filter(exposure="public").update(redirect_is_healthy=True)


class Migration(migrations.Migration):
    dependencies = [
        ("deployments", "0011_configuration_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="service",
            name="redirect_is_healthy",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="service",
            name="health_check",
            field=models.CharField(
                choices=[
                    ("path", "Ask the health path: the image needs a shell, and curl or wget"),
                    ("command", "Run a command of your own"),
                    ("none", "None: a task counts as healthy as long as it runs"),
                ],
                default="path",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="health_command",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="service",
            name="start_seconds",
            field=models.PositiveSmallIntegerField(default=120),
        ),
        migrations.AddField(
            model_name="service",
            name="deadline_minutes",
            field=models.PositiveSmallIntegerField(default=15),
        ),
        migrations.RunPython(keep_as_they_are, migrations.RunPython.noop),
    ]
