"""What runs where, and the deployments that brought it there."""

from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deployments import states
from deployments.models.catalog import Release, Service
from portal.accounts.models import Customer, TenantQuerySet, User
from portal.core.sentence_field import SentenceField
from portal.core.work.steps import Work
from portal.core.work.turns import ExclusiveTurn
from provisioning.models import Environment


class Placement(models.Model):
    """A service in an environment: its AWS resources and what runs there now (a cell of the grid)."""

    class Health(models.TextChoices):
        UNKNOWN = "unknown", _("Unknown")
        HEALTHY = "healthy", _("Healthy")
        UNHEALTHY = "unhealthy", _("Unhealthy")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="placements")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
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
    # What does not answer (deployments/availability): since when, how often in a row nobody answered from outside, who
    # has seen it. What was seen counts for the present outage only: when `seen_at` is later than `failing_since`.
    failing_since = models.DateTimeField(null=True, blank=True)
    missed = models.PositiveIntegerField(default=0)
    missed_since = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["environment"], condition=models.Q(failing_since__isnull=False), name="placement_failing"
            ),
        ]
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
        DEPLOY = "deploy", _("Deployment")
        ROLLBACK = "rollback", _("Rollback")

    MOVES = states.MOVES
    ACTIVE = states.ACTIVE
    STEPPED = frozenset()  # its environment's watch does its steps, together with those of its neighbours

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="deployments")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
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
    # task definition before and after, so only these tell old from new. Beside each, ECS's record of it.
    ecs_deployment_before = models.CharField(max_length=64, blank=True)
    ecs_deployment = models.CharField(max_length=64, blank=True)
    service_deployment_before = models.CharField(max_length=300, blank=True)
    service_deployment = models.CharField(max_length=300, blank=True)
    # Our own limit: ECS's breaker misses tasks that start, then exit.
    deadline_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    cause = SentenceField()  # why it did not succeed
    observed = models.JSONField(default=dict)  # what the watcher saw last: rollouts/observe.py
    observed_at = models.DateTimeField(null=True, blank=True)  # when something of it was new
    viewed_at = models.DateTimeField(null=True, blank=True)  # when somebody had the page open
    # While both releases run (rollouts/overlap.py): what of the one before is protected, and since when all new tasks
    # have been good.
    kept = models.JSONField(default=dict, blank=True)
    good_since = models.DateTimeField(null=True, blank=True)
    # After success it is watched for a while (rollouts/after.py): until when, and when nothing was found wrong.
    watched_until = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    # Who has taken note that it ended badly: it needs nobody any more.
    acknowledged_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)

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
            models.Index(
                fields=["environment"],
                condition=models.Q(watched_until__isnull=False),
                name="deployment_watched",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release} to {self.environment.name}"

    def get_absolute_url(self) -> str:
        return reverse("deployment", args=[self.customer.slug, self.pk])

    @property
    def is_followed(self) -> bool:
        """Whether the portal looks at it still: it is under way, or watched after its success."""
        return self.is_active or self.watched_until is not None

    @property
    def good_at(self) -> datetime | None:
        """Since when its tasks have all been good and those that stop count against it; None while it goes back."""
        return None if self.state == states.ROLLING_BACK else self.finished_at or self.good_since

    @property
    def was_canceled(self) -> bool:
        """Whether it ended, or is on its way back, because somebody did not want it any more."""
        return self.cause.code == "rollouts.canceled"

    def wake(self, seconds: float = 0) -> None:
        ClusterWatch.of(self.environment_id).wake(seconds)


class ClusterWatch(ExclusiveTurn):
    """One watcher serves all deployments of a cluster: each of its turns prepares those that wait, and looks at those
    that roll."""

    TASK = "deployments.watch_cluster"
    SHARE = "environment__account"

    environment = models.OneToOneField(Environment, on_delete=models.CASCADE, related_name="+")

    began: float = 0.0  # the last turn, on the monotonic clock of the process that took it

    def __str__(self) -> str:
        return f"watch of {self.environment}"

    @classmethod
    def of(cls, environment_id: int) -> "ClusterWatch":
        """The environment's watch, made when it is first needed."""
        return cls.objects.get_or_create(environment_id=environment_id)[0]


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
