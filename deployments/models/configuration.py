"""The history of what was configured in Consul, and which keys are masked."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deployments.models.catalog import Service
from portal.accounts.models import Customer, TenantQuerySet, User
from portal.core.encryption import EncryptedTextField
from portal.core.sentences import Sentence
from portal.core.work.state import Move, Stateful
from provisioning.models import Environment


class ConfigurationSave(Stateful):
    """Keys of a service's configuration saved together in one environment, all or none: by whom and why.

    One that is refused keeps its steps and loses its changes: nothing of them stands in Consul.
    """

    class State(models.TextChoices):
        SAVING = "saving", _("Being saved")  # written down before Consul is asked
        SAVED = "saved", _("Saved")
        UNKNOWN = "unknown", _("Not known whether it was saved")
        REFUSED = "refused", _("Not saved")

    MOVES: ClassVar = {
        State.SAVING: frozenset({State.SAVED, State.UNKNOWN, State.REFUSED}),
        State.UNKNOWN: frozenset({State.SAVED}),  # the same draft was saved again, and Consul answered
        State.REFUSED: frozenset({State.SAVING}),  # the same draft is tried again
    }

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="configuration_saves")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    save_id = models.UUIDField(default=uuid4)  # the draft's: one that is saved again finds its row
    state = models.CharField(max_length=20, choices=State.choices, default=State.SAVING)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)  # of the last try

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["service", "environment", "save_id"], name="one_save_per_draft")]

    def __str__(self) -> str:
        return f"The configuration of {self.service} in {self.environment}"

    def on_move(self, to: str, reason: Sentence, now: datetime) -> dict[str, Any]:
        return {"reason": str(reason), "at": now} if to == self.State.SAVING else {}

    def moved(self, move: Move) -> None:
        if move.to == self.State.REFUSED:
            self.changes.all().delete()


class ConfigurationChange(models.Model):
    """One key that a save added, changed or deleted."""

    class Action(models.TextChoices):
        ADD = "add", _("Added")
        CHANGE = "change", _("Changed")
        DELETE = "delete", _("Deleted")

    configuration_save = models.ForeignKey(ConfigurationSave, on_delete=models.CASCADE, related_name="changes")
    key = models.CharField(max_length=512)
    action = models.CharField(max_length=10, choices=Action.choices)
    before = EncryptedTextField(blank=True)
    after = EncryptedTextField(blank=True)
    secret = models.BooleanField(default=False)
    base_index = models.PositiveBigIntegerField(default=0)  # of the entry the author saw; 0: there was none

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["configuration_save", "key"], name="one_change_per_key_and_save")
        ]

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
