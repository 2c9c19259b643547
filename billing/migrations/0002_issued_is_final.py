"""Once made the triggers that protect issued invoices; the models declare that now, and every migrate sees to it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = []
