"""AWS accounts and environments."""

from datetime import timedelta

from django.db import models
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Customer, TenantQuerySet, User
from portal.core.encryption import EncryptedTextField
from portal.core.work.steps import Work
from provisioning import states

REGION_NAMES = {
    "eu-west-1": "Ireland",
    "eu-central-1": "Frankfurt",
    "eu-west-3": "Paris",
    "eu-north-1": "Stockholm",
    "eu-west-2": "London",
    "eu-south-1": "Milan",
}


class AwsAccount(models.Model):
    """A customer's own AWS account and how the portal gets in: a role to assume, or a stored access key."""

    class Access(models.TextChoices):
        ROLE = "role", "A role the portal assumes (recommended)"
        KEY = "key", "An access key"

    class Status(models.TextChoices):
        UNTESTED = "untested", "Not tested yet"
        CONNECTED = "connected", "Connected"
        FAILING = "failing", "Not working"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="aws_accounts")
    name = models.CharField(max_length=60)
    account_id = models.CharField(max_length=12)
    access = models.CharField(max_length=4, choices=Access.choices, default=Access.ROLE)
    role_name = models.CharField(max_length=64, default="in4it-portal")
    external_id = models.CharField(max_length=64)
    access_key_id = models.CharField(max_length=128, blank=True)
    secret_access_key = EncryptedTextField(blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UNTESTED)
    checks = models.JSONField(default=list)  # the last test: [{name, ok, sentence}]
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["customer", "account_id"], name="account_once_per_customer")]

    def __str__(self) -> str:
        return f"{self.name} ({self.account_id})"

    def get_absolute_url(self) -> str:
        return reverse("aws_account", args=[self.customer.slug, self.pk])

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:role/{self.role_name}"


class Environment(Work):
    """One environment of a customer: a stack of AWS resources in which services run."""

    class Kind(models.TextChoices):
        DEV = "dev", "Development"
        QA = "qa", "QA"
        PRODUCTION = "production", "Production"

    class Size(models.TextChoices):
        SMALL = "small", "Small: 1 to 2 hosts of 2 GiB"
        MEDIUM = "medium", "Medium: 2 to 4 hosts of 4 GiB"
        LARGE = "large", "Large: 2 to 8 hosts of 8 GiB"

    TASK = "provisioning.step_environment"
    MOVES = states.MOVES
    ACTIVE = states.ACTIVE
    STEPPED = states.ACTIVE

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="environments")
    account = models.ForeignKey(AwsAccount, on_delete=models.PROTECT, related_name="environments")
    name = models.CharField(max_length=40)
    slug = models.SlugField(max_length=11)  # part of AWS names: load balancers take 32 characters
    kind = models.CharField(max_length=10, choices=Kind.choices)
    region = models.CharField(max_length=20)
    size = models.CharField(max_length=10, choices=Size.choices, default=Size.SMALL)
    network = models.CharField(max_length=18)  # its range of addresses (provisioning/networks.py)
    consul_url = models.CharField(max_length=200, blank=True)  # its own Consul; empty: the one in the portal's settings
    consul_token = EncryptedTextField(blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    attempt = models.PositiveSmallIntegerField(default=1)  # a retry plans and creates the stack anew
    stack_name = models.CharField(max_length=128)
    stack_id = models.CharField(max_length=300, blank=True)
    change_set_id = models.CharField(max_length=300, blank=True)
    plan = models.JSONField(default=list)  # [{logical_id, type, action, purpose}] from the change set
    outputs = models.JSONField(default=dict)  # the stack's outputs, by name
    advice = models.TextField(blank=True)  # what to do about a failure
    # When AWS was last asked to delete the stack; tells a deletion that failed from one that was never asked for.
    deletion_asked_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "slug"], condition=~models.Q(state=states.DELETED), name="one_environment_per_slug"
            ),
            models.UniqueConstraint(
                fields=["account", "network"], condition=~models.Q(state=states.DELETED), name="one_network_each"
            ),
        ]
        indexes = [models.Index(fields=["state", "heartbeat_at"], name="environment_tick")]

    def __str__(self) -> str:
        return f"{self.customer.name} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("environment", args=[self.customer.slug, self.slug])

    @property
    def is_ready(self) -> bool:
        return self.state == states.READY

    @property
    def region_name(self) -> str:
        """Where it is, e.g. "Ireland"; AWS's code when we have no word."""
        return REGION_NAMES.get(self.region, self.region)

    @property
    def can_be_deleted(self) -> bool:
        return self.state in states.DELETABLE

    @property
    def is_stuck(self) -> bool:
        """It failed on its way to ready, and can be tried again."""
        return self.state in states.STUCK

    @property
    def elapsed(self) -> timedelta | None:
        """How long the present (or last) piece of work takes; None before the first."""
        return (self.finished_at or timezone.now()) - self.started_at if self.started_at else None


_LOOKS = {
    "PLANNED": "queued",
    "CREATE_IN_PROGRESS": "creating",
    "CREATE_COMPLETE": "ready",
    "CREATE_FAILED": "failed",
    "DELETE_IN_PROGRESS": "deleting",
    "DELETE_COMPLETE": "deleted",
    "DELETE_FAILED": "delete_failed",
    "DELETE_SKIPPED": "skipped",
}


class StackResource(models.Model):
    """One resource of an environment's stack, as CloudFormation last reported it."""

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="resources")
    logical_id = models.CharField(max_length=255)
    physical_id = models.CharField(max_length=500, blank=True)
    type = models.CharField(max_length=120)
    purpose = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=40)  # CloudFormation's word, e.g. CREATE_IN_PROGRESS; PLANNED before
    status_reason = models.TextField(blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["environment", "logical_id"], name="one_row_per_resource")]

    def __str__(self) -> str:
        return f"{self.logical_id}: {self.status}"

    @property
    def look(self) -> str:
        """The state people see for CloudFormation's word: CREATE_IN_PROGRESS is "creating"."""
        return _LOOKS.get(self.status, self.status)
