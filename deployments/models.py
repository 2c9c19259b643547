"""Applications, services, releases, deployments, and the history of their configuration."""

import re
from uuid import uuid4

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone

from deployments import states
from portal.accounts.models import Customer, TenantQuerySet, User
from portal.core.encryption import EncryptedTextField
from portal.core.work.steps import Work
from portal.core.work.turns import TaskTurn
from provisioning.models import AwsAccount, Environment


class Application(models.Model):
    """A codebase: what a subscription bills."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="applications")
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=40)
    repository_url = models.CharField(max_length=300, blank=True)  # where the code lives
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["customer", "slug"], name="one_application_per_slug")]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """A microservice: one image, run as tasks in environments."""

    class Exposure(models.TextChoices):
        PUBLIC = "public", "Public: reachable from the internet through the load balancer"
        INTERNAL = "internal", "Internal: reachable only from other services"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="services")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="services")
    account = models.ForeignKey(AwsAccount, on_delete=models.PROTECT, related_name="services")  # holds its images
    name = models.CharField(
        max_length=40,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9-]*[a-z0-9]$", "Use lower-case letters, digits and dashes, starting with a letter."
            )
        ],
    )  # also its DNS name and its ECS name
    region = models.CharField(max_length=20, default="eu-west-1")  # where its images are kept
    repository_name = models.CharField(max_length=120)  # in ECR
    repository_uri = models.CharField(max_length=300, blank=True)  # as docker sees it; empty until made in AWS
    repository_problem = models.TextField(blank=True)  # why it could not be made yet
    repository_tried_at = models.DateTimeField(null=True, blank=True)
    port = models.PositiveIntegerField(default=8080, validators=[MinValueValidator(1), MaxValueValidator(65535)])
    exposure = models.CharField(max_length=10, choices=Exposure.choices, default=Exposure.PUBLIC)
    path = models.CharField(max_length=100, default="/*")  # the load balancer sends these paths here
    host = models.CharField(max_length=200, blank=True)  # and, when given, only for this host name
    health_path = models.CharField(max_length=200, default="/health")
    cpu = models.PositiveIntegerField(default=128)  # units; 1024 is one core
    memory = models.PositiveIntegerField(default=256)  # MiB
    count = models.PositiveSmallIntegerField(default=2)
    variables = models.JSONField(default=dict)  # environment variables: {name: value}
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["customer", "name"], name="one_service_per_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("service", args=[self.customer.slug, self.name])


class Release(models.Model):
    """An image, by digest: what is deployed and gone back to. Never changes."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="releases")
    digest = models.CharField(max_length=71)  # sha256:...
    tag = models.CharField(max_length=128, blank=True)  # the tag it was chosen by; tags move, digests do not
    pushed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["service", "digest"], name="one_release_per_digest")]

    def __str__(self) -> str:
        return f"{self.service.name} {self.name}"

    @property
    def name(self) -> str:
        """What people call it: the tag, or the beginning of the digest."""
        return self.tag or self.digest[7:19]

    def is_newer_than(self, other: "Release") -> bool:
        """Whether its image was pushed later; releases whose push is not known count from when they were chosen."""
        return (self.pushed_at or self.created_at) > (other.pushed_at or other.created_at)


class Placement(models.Model):
    """A service in an environment: its AWS resources and what runs there now (a cell of the grid)."""

    class Health(models.TextChoices):
        UNKNOWN = "unknown"
        HEALTHY = "healthy"
        UNHEALTHY = "unhealthy"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="placements")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="placements")
    target_group_arn = models.CharField(max_length=300, blank=True)
    rule_arn = models.CharField(max_length=300, blank=True)
    rule_priority = models.PositiveIntegerField(null=True, blank=True)
    ecs_service_name = models.CharField(max_length=255, blank=True)
    latest = models.ForeignKey("Deployment", null=True, on_delete=models.PROTECT, related_name="+")  # asked for last
    release = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")  # what serves now
    task_definition_arn = models.CharField(max_length=300, blank=True)  # of `release`
    released_at = models.DateTimeField(null=True, blank=True)
    health = models.CharField(max_length=10, choices=Health.choices, default=Health.UNKNOWN)
    running = models.PositiveIntegerField(default=0)
    desired = models.PositiveIntegerField(default=0)
    observed_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "environment"], name="one_placement_per_environment"),
            models.UniqueConstraint(
                fields=["environment", "rule_priority"],
                condition=models.Q(rule_priority__isnull=False),
                name="one_rule_per_priority",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service.name} in {self.environment.name}"


class Deployment(Work):
    """A release rolled out to one environment."""

    class Kind(models.TextChoices):
        DEPLOY = "deploy", "Deployment"
        ROLLBACK = "rollback", "Rollback"

    TASK = "deployments.advance_deployment"
    MOVES = states.MOVES
    ACTIVE = states.ACTIVE
    STEPPED = states.STEPPED

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="deployments")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="deployments")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="deployments")
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="deployments")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="deployments")
    previous = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")  # what served before
    previous_task_definition_arn = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.DEPLOY)
    note = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    desired = models.PositiveSmallIntegerField(default=0)
    prepared = models.JSONField(default=list)  # when each of the preparing steps was done (rollouts/prepare.py)
    task_definition_arn = models.CharField(max_length=300, blank=True)
    settings = models.JSONField(default=dict)  # the service's settings it was made of (rollouts/prepare.py)
    # ECS's own deployments: the one that served when ours began, and ours. A restart of the same release has the same
    # task definition before and after, so only these tell old from new.
    ecs_deployment_before = models.CharField(max_length=64, blank=True)
    ecs_deployment = models.CharField(max_length=64, blank=True)
    # Our own limit: ECS's breaker misses tasks that start, then exit.
    deadline_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    cause = models.TextField(blank=True)  # why it did not succeed, in one sentence
    observed = models.JSONField(default=dict)  # what the watcher saw last: rollouts/observe.py
    observed_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["placement"], condition=models.Q(state__in=sorted(states.ACTIVE)), name="one_rollout_at_a_time"
            )
        ]
        indexes = [
            models.Index(fields=["state", "heartbeat_at"], name="deployment_tick"),
            models.Index(fields=["customer", "-id"], name="deployment_customer"),
            models.Index(fields=["customer", "state", "-id"], name="deployment_customer_state"),
            models.Index(fields=["service", "environment", "-id"], name="deployment_service"),
            models.Index(
                fields=["customer", "-finished_at"],
                condition=models.Q(state__in=sorted(states.ENDED_BADLY)),
                name="deployment_ended_badly",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release} to {self.environment.name}"

    def get_absolute_url(self) -> str:
        return reverse("deployment", args=[self.customer.slug, self.pk])


class ClusterWatch(TaskTurn):
    """One watcher serves all active rollouts of a cluster: each of its turns is a look at all of them."""

    TASK = "deployments.watch_cluster"

    environment = models.OneToOneField(Environment, on_delete=models.CASCADE, related_name="watch")

    def __str__(self) -> str:
        return f"watch of {self.environment}"


class StoppedTask(models.Model):
    """A task that stopped during a deployment. ECS forgets it after about an hour; we keep why, and its last words."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="stopped_tasks")
    task_arn = models.CharField(max_length=300)
    stopped_reason = models.TextField(blank=True)
    stop_code = models.CharField(max_length=60, blank=True)
    exit_code = models.IntegerField(null=True, blank=True)
    container_reason = models.TextField(blank=True)
    log_lines = models.JSONField(default=list)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["deployment", "task_arn"], name="one_row_per_stopped_task")]

    def __str__(self) -> str:
        return self.task_arn.rsplit("/", 1)[-1]

    @property
    def why(self) -> str:
        """The reason for people; AWS's own words, less their ARNs, where we have none that are plainer."""
        if self.stopped_reason.startswith("Task failed ELB health checks"):
            return "The load balancer stopped it: its health check failed."
        return re.sub(r" in \(target-group arn:[^()]*\)", "", self.stopped_reason)


class ConfigurationChange(models.Model):
    """One key of a service's configuration changed in one environment, by whom and why."""

    class Action(models.TextChoices):
        ADD = "add", "Added"
        CHANGE = "change", "Changed"
        DELETE = "delete", "Deleted"

    class State(models.TextChoices):
        SAVING = "saving", "Being saved"  # written down before Consul is asked
        SAVED = "saved", "Saved"
        UNKNOWN = "unknown", "Not known whether it was saved"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="configuration_changes")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="configuration_changes")
    key = models.CharField(max_length=512)
    action = models.CharField(max_length=10, choices=Action.choices)
    before = EncryptedTextField(blank=True)
    after = EncryptedTextField(blank=True)
    secret = models.BooleanField(default=False)
    save_id = models.UUIDField(default=uuid4)  # shared by the keys that were saved together, all or none
    state = models.CharField(max_length=10, choices=State.choices, default=State.SAVED)
    base_index = models.PositiveBigIntegerField(default=0)  # of the entry the author saw; 0: there was none
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["save_id", "key"], name="one_change_per_key_and_save")]
        indexes = [models.Index(fields=["service", "environment", "-id"], name="configuration_history")]

    def __str__(self) -> str:
        return f"{self.key} {self.action}"


class SecretKey(models.Model):
    """A configuration key whose value is masked."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="secret_keys")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=512)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "environment", "key"], name="one_mask_per_key")]

    def __str__(self) -> str:
        return self.key
