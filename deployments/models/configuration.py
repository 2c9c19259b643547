"""The history of what was configured in Consul, and which keys are masked."""

from uuid import uuid4

from django.db import models
from django.utils import timezone

from deployments.models.catalog import Service
from portal.accounts.models import Customer, TenantQuerySet, User
from portal.core.encryption import EncryptedTextField
from provisioning.models import Environment


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
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
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
