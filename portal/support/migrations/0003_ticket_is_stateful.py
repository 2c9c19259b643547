import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('deployments', '0001_initial'),
        ('support', '0002_mail_is_outgoing'),
    ]

    operations = [
        migrations.AlterField(
            model_name='ticket',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer'),
        ),
        migrations.AlterField(
            model_name='ticket',
            name='deployment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='deployments.deployment'),
        ),
        migrations.AlterField(
            model_name='ticket',
            name='state',
            field=models.CharField(default='open', max_length=20),
        ),
    ]
