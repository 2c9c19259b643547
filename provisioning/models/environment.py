"""Environments."""

from datetime import datetime
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from portal.accounts.models import Customer, TenantQuerySet, User
from portal.core.encryption import EncryptedTextField
from portal.core.sentence_field import SentenceField
from portal.core.sentences import Sentence
from portal.core.work.state import Stateful
from provisioning import regions, states
from provisioning.models.account import AwsAccount


class Environment(Stateful):
    """One environment of a customer: its stacks at AWS are what services run in."""

    class Kind(models.TextChoices):
        DEV = "dev", gettext_lazy("Development")
        QA = "qa", gettext_lazy("QA")
        PRODUCTION = "production", gettext_lazy("Production")

    class Size(models.TextChoices):
        SMALL = "small", gettext_lazy("Small: 1 to 2 hosts of 2 GiB")
        MEDIUM = "medium", gettext_lazy("Medium: 2 to 4 hosts of 4 GiB")
        LARGE = "large", gettext_lazy("Large: 2 to 8 hosts of 8 GiB")

    MOVES = states.MOVES

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
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
    aws_name = models.CharField(max_length=40)  # what its resources are called at AWS, and its stacks begin with
    aws_facts = models.JSONField(default=dict)  # what its stacks say of themselves (provisioning/facts.py)
    reason = SentenceField()  # what people read about the present state
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)  # since when it is in its state
    # The change its life depends on: its creation, tried again perhaps, or its removal.
    change = models.ForeignKey("StackChange", null=True, on_delete=models.PROTECT, related_name="+")

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

    def __str__(self) -> str:
        return f"{self.customer.name} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("environment", args=[self.customer.slug, self.slug])

    def held(self) -> "Environment":
        """The row as it is now, which nobody changes until the transaction ends."""
        row: Environment = Environment.objects.select_for_update().get(pk=self.pk)
        return row

    @property
    def is_ready(self) -> bool:
        return self.state == states.READY

    @property
    def region_name(self) -> str:
        """Where it is, e.g. "Ireland"; AWS's code when we have no word."""
        return str(regions.NAMES.get(self.region, self.region))

    @property
    def can_be_deleted(self) -> bool:
        return self.state in states.DELETABLE

    @property
    def is_stuck(self) -> bool:
        """It failed on its way to ready, and can be tried again."""
        return self.state in states.STUCK

    @property
    def is_active(self) -> bool:
        """Whether it is being planned, made or deleted now."""
        return self.state in states.ACTIVE

    def on_move(self, to: str, reason: Sentence, now: datetime) -> dict[str, Any]:
        return {"reason": reason, "changed_at": now}
