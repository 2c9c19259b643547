"""What services said of their image repositories becomes rows of its own; one that is wanted is picked up by the tick."""

from django.db import migrations


def into_rows(apps, _editor):
    repositories, services = apps.get_model("deployments", "Repository"), apps.get_model("deployments", "Service")
    made = (
        repositories(
            customer_id=service.customer_id,
            service=service,
            name=service.repository_name,
            uri=service.repository_uri,
            problem=service.repository_problem,
            state="ready" if service.repository_uri else "wanted",
            created_at=service.created_at,
            started_at=service.repository_tried_at,
            finished_at=service.repository_tried_at if service.repository_uri else None,
        )
        for service in services.objects.iterator()
    )
    repositories.objects.bulk_create(made, batch_size=500)


def back_to_services(apps, _editor):
    repositories, services = apps.get_model("deployments", "Repository"), apps.get_model("deployments", "Service")
    for each in repositories.objects.iterator():
        services.objects.filter(pk=each.service_id).update(
            repository_name=each.name,
            repository_uri=each.uri,
            repository_problem=each.problem,
            repository_tried_at=each.finished_at or each.started_at,
        )
    repositories.objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0002_repository'),
    ]

    operations = [
        migrations.RunPython(into_rows, back_to_services),
    ]
