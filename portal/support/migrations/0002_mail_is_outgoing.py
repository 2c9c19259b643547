from django.db import migrations
from django.utils import timezone

from portal.core.redaction import redact


def write_outgoing(apps, schema_editor):
    """The mail of every message that was not sent becomes a row that waits, with the problem it met; a tick sends it."""
    Message, Outgoing = apps.get_model('support', 'Message'), apps.get_model('core', 'Outgoing')
    now = timezone.now()
    unsent = Message.objects.filter(mailed_at=None).select_related('ticket').order_by('pk')
    rows = [
        Outgoing(
            kind='support.message',
            queue='mail',
            about_kind='support.message',
            about_id=str(message.pk),
            about_name=redact(f'message on #{message.ticket.pk} {message.ticket.subject}')[:200],
            customer_id=message.ticket.customer_id,
            problem=redact(message.mail_problem)[:500],
            due_at=now,
        )
        for message in unsent
    ]
    Outgoing.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_outgoing'),
        ('support', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(write_outgoing, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='message',
            name='mail_problem',
        ),
    ]
