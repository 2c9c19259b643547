"""The database itself refuses to change or remove audit events."""

from django.db import migrations

from portal.core.append_only import allow, forbid

TABLE = "core_auditevent"


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(forbid(TABLE, "Audit events are append-only."), allow(TABLE))]
