"""Applications, their services, and the releases that can be deployed."""

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deployments.catalog import states
from portal.accounts.models import Customer, TenantQuerySet
from portal.core.work.steps import Work
from provisioning.models import AwsAccount


class Application(models.Model):
    """A codebase: what a subscription bills."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
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
        PUBLIC = "public", _("Public: reachable from the internet through the load balancer")
        INTERNAL = "internal", _("Internal: reachable only from other services")

    class Check(models.TextChoices):
        """How an internal service's container is found healthy; public ones are asked by the load balancer."""

        PATH = "path", _("Ask the health path: the image needs a shell, and curl or wget")
        COMMAND = "command", _("Run a command of your own")
        NONE = "none", _("None: a task counts as healthy as long as it runs")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="services")
    account = models.ForeignKey(AwsAccount, on_delete=models.PROTECT, related_name="+")  # holds its images
    name = models.CharField(max_length=40)  # also its DNS name and its ECS name
    region = models.CharField(max_length=20, default="eu-west-1")  # where its images are kept
    port = models.PositiveIntegerField(default=8080)
    exposure = models.CharField(max_length=10, choices=Exposure.choices, default=Exposure.PUBLIC)
    path = models.CharField(max_length=100, default="/*")  # the load balancer sends these paths here
    host = models.CharField(max_length=200, blank=True)  # and, when given, only for this host name
    health_path = models.CharField(max_length=200, default="/health")
    redirect_is_healthy = models.BooleanField(default=False)  # for the load balancer
    health_check = models.CharField(max_length=10, choices=Check.choices, default=Check.PATH)  # of internal ones
    health_command = models.CharField(max_length=500, blank=True)  # for Check.COMMAND
    start_seconds = models.PositiveSmallIntegerField(default=120)  # the grace: failed checks of a new task do not count
    deadline_minutes = models.PositiveSmallIntegerField(default=15)  # a rollout that is not done by then goes back
    overlap_seconds = models.PositiveSmallIntegerField(default=0)  # for so long a new release runs beside the old one
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


class Repository(Work):
    """The image repository of a service, in the customer's own account."""

    TASK = "deployments.make_repository"
    SHARE = "service__account"
    MOVES = states.MOVES
    ACTIVE = states.ACTIVE
    STEPPED = states.ACTIVE

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    service = models.OneToOneField(Service, on_delete=models.PROTECT, related_name="repository")
    name = models.CharField(max_length=120)  # in ECR
    uri = models.CharField(max_length=300, blank=True)  # as docker sees it; empty until it is ready

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "heartbeat_at"], name="repository_tick")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ready(self) -> bool:
        """Whether images can be pushed to it."""
        return self.state == states.READY


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
