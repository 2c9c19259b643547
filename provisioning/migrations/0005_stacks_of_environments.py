"""Every environment gets its main stack and the change that brought it where it stands."""

from uuid import uuid4

from django.conf import settings
from django.db import migrations

FACTS = {
    "vpc_id": "VpcId",
    "cluster": "ClusterName",
    "capacity_provider": "CapacityProviderName",
    "load_balancer": "LoadBalancerName",
    "load_balancer_dns": "LoadBalancerDnsName",
    "listener_arn": "ListenerArn",
    "log_group": "LogGroupName",
    "execution_role_arn": "TaskExecutionRoleArn",
    "task_role_arn": "TaskRoleArn",
}
CHANGES = {  # the state of an environment, and the change that it comes of
    "draft": ("create", "queued"),
    "planning": ("create", "planning"),
    "planned": ("create", "planned"),
    "creating": ("create", "applying"),
    "ready": ("create", "done"),
    "failed": ("create", "failed"),
    "errored": ("create", "errored"),
    "deleting": ("remove", "removing"),
    "delete_failed": ("remove", "failed"),
    "deleted": ("remove", "done"),
}
KEPT = (
    "change_set_id",
    "plan",
    "advice",
    "deletion_asked_at",
    "reason",
    "problem",
    "traceback",
    "created_at",
    "started_at",
    "finished_at",
    "seq",
    "heartbeat_at",
)


HOSTS = {"small": ("t3.small", "1", "2"), "medium": ("t3.medium", "2", "4"), "large": ("t3.large", "2", "8")}


def parameters_of(row):
    instance_type, smallest, largest = HOSTS[row.size]
    return {
        "EnvironmentName": row.aws_name,
        "Kind": row.kind,
        "VpcCidr": row.network,
        "HostImageParameter": settings.HOST_IMAGE_PARAMETER,
        "InstanceType": instance_type,
        "MinHosts": smallest,
        "MaxHosts": largest,
    }


def to_stacks(apps, schema_editor):
    of = {name: apps.get_model("provisioning", name) for name in ("Environment", "Stack", "StackChange", "StackResource")}
    for row in of["Environment"].objects.order_by("pk").iterator():
        ended = row.finished_at or row.started_at or row.created_at
        stack = of["Stack"].objects.create(
            customer_id=row.customer_id,
            environment=row,
            template="environment",
            name=row.aws_name,
            stack_id=row.stack_id,
            outputs=row.outputs,
            parameters=parameters_of(row) if row.outputs else {},
            created_at=row.created_at,
            removed_at=ended if row.state == "deleted" else None,
        )
        kind, state = CHANGES[row.state]
        change = of["StackChange"].objects.create(
            customer_id=row.customer_id,
            environment=row,
            stack=stack,
            kind=kind,
            state=state,
            requested_by_id=row.created_by_id,
            token=uuid4().hex,
            parameters=parameters_of(row),
            **{name: getattr(row, name) for name in KEPT},
        )
        of["StackResource"].objects.filter(environment=row).update(stack=stack)
        facts = {fact: row.outputs[output] for fact, output in FACTS.items() if row.outputs.get(output)}
        of["Environment"].objects.filter(pk=row.pk).update(change=change, changed_at=ended, aws_facts=facts)


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0004_stacks_and_changes")]

    operations = [migrations.RunPython(to_stacks, migrations.RunPython.noop)]
