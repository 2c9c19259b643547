import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('deployments', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Repository',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField(default=0)),
                ('heartbeat_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(max_length=20)),
                ('reason', models.TextField(blank=True)),
                ('problem', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('traceback', models.TextField(blank=True)),
                ('name', models.CharField(max_length=120)),
                ('uri', models.CharField(blank=True, max_length=300)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
                ('service', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='repository', to='deployments.service')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'heartbeat_at'], name='repository_tick')],
            },
        ),
    ]
