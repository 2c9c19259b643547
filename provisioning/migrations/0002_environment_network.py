"""Each environment gets a network range that no other living one of its AWS account has."""

from django.db import migrations, models


def as_they_were_made(apps, schema_editor):
    """What the template was given until now: 10.(number % 256).0.0/16. Of two in one account that share a range (the
    257th overlapped the first) the younger one keeps it in AWS; its row gets the next free one, and the range is changed
    when its stack is made anew."""
    used = set()
    for row in apps.get_model("provisioning", "Environment").objects.order_by("pk"):
        wanted = [row.pk % 256, *range(256)]
        free = next(number for number in wanted if row.state == "deleted" or (row.account_id, number) not in used)
        if row.state != "deleted":
            used.add((row.account_id, free))
        row.network = f"10.{free}.0.0/16"
        row.save(update_fields=["network"])


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0001_initial")]

    operations = [
        migrations.AddField("environment", "network", models.CharField(max_length=18, default=""), preserve_default=False),
        migrations.RunPython(as_they_were_made, migrations.RunPython.noop),
        migrations.AddConstraint(
            "environment",
            models.UniqueConstraint(
                fields=["account", "network"], condition=~models.Q(state="deleted"), name="one_network_each"
            ),
        ),
    ]
