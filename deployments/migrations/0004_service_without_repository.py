from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0003_repositories_of_services'),
    ]

    operations = [
        # On the way back the column needs a value before its own comes from the repository.
        migrations.AlterField(
            model_name='service',
            name='repository_name',
            field=models.CharField(default='', max_length=120),
        ),
        migrations.RemoveField(
            model_name='service',
            name='repository_name',
        ),
        migrations.RemoveField(
            model_name='service',
            name='repository_uri',
        ),
        migrations.RemoveField(
            model_name='service',
            name='repository_problem',
        ),
        migrations.RemoveField(
            model_name='service',
            name='repository_tried_at',
        ),
    ]
