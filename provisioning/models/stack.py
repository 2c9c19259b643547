"""Stacks of environments, and what is in them."""

from django.db import models
from django.utils import timezone

from portal.accounts.models import Customer, TenantQuerySet
from provisioning.models.environment import Environment

MAIN = "environment"  # the template that every environment has: network, cluster, load balancer

_LOOKS = {
    "PLANNED": "queued",
    "CREATE_IN_PROGRESS": "creating",
    "CREATE_COMPLETE": "ready",
    "CREATE_FAILED": "failed",
    "UPDATE_IN_PROGRESS": "changing",
    "UPDATE_COMPLETE": "ready",
    "UPDATE_FAILED": "failed",
    "DELETE_IN_PROGRESS": "deleting",
    "DELETE_COMPLETE": "deleted",
    "DELETE_FAILED": "delete_failed",
    "DELETE_SKIPPED": "skipped",
}


class Stack(models.Model):
    """A CloudFormation stack of an environment, made from one of our templates."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="stacks")
    template = models.CharField(max_length=40)  # provisioning/stacks/<template>.yaml
    name = models.CharField(max_length=128)  # at AWS
    stack_id = models.CharField(max_length=300, blank=True)  # empty until planned: ours is the one with this id
    parameters = models.JSONField(default=dict)  # with which it was made or last changed, by name
    outputs = models.JSONField(default=dict)  # what it said of itself then, by name
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "template"],
                condition=models.Q(removed_at__isnull=True),
                name="one_stack_per_template",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_main(self) -> bool:
        """Whether the environment stands and falls with it."""
        return self.template == MAIN


class StackResource(models.Model):
    """One resource of a stack, as CloudFormation last reported it."""

    stack = models.ForeignKey(Stack, on_delete=models.CASCADE, related_name="resources")
    logical_id = models.CharField(max_length=255)
    physical_id = models.CharField(max_length=500, blank=True)
    type = models.CharField(max_length=120)
    purpose = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=40)  # CloudFormation's word, e.g. CREATE_IN_PROGRESS; PLANNED before
    status_reason = models.TextField(blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["stack", "logical_id"], name="one_row_per_resource")]

    def __str__(self) -> str:
        return f"{self.logical_id}: {self.status}"

    @property
    def look(self) -> str:
        """The state people see for CloudFormation's word: CREATE_IN_PROGRESS is "creating"."""
        return _LOOKS.get(self.status, self.status)
