"""Once made the triggers that protect audit events; the model declares that now, and every migrate sees to it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = []
