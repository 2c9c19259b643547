"""Consul's address belongs to an environment; where none is named, the portal's settings say it, as they did."""

from django.db import migrations, models

import portal.core.encryption


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0002_environment_network")]

    operations = [
        migrations.AddField("environment", "consul_url", models.CharField(blank=True, default="", max_length=200), False),
        migrations.AddField(
            "environment", "consul_token", portal.core.encryption.EncryptedTextField(blank=True, default=""), False
        ),
    ]
