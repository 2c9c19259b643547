"""Rows that belong to no app in particular: the audit log, the steps of long-running work, named locks."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.core.protected import Protection


class AuditEvent(models.Model):
    """Who did what, to what, when. Append-only: refused here and by the database."""

    protection: ClassVar = Protection("Audit events are append-only.")

    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=200)
    customer = models.ForeignKey("accounts.Customer", null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=80)
    target_kind = models.CharField(max_length=60)
    target_id = models.CharField(max_length=60)
    target_name = models.CharField(max_length=200)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["customer", "-id"], name="audit_customer"),
            models.Index(fields=["target_kind", "target_id", "-id"], name="audit_target"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action} {self.target_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise RuntimeError("Audit events are append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise RuntimeError("Audit events are append-only.")


class Step(models.Model):
    """One move of a piece of long-running work from a state to the next, with the reason people read."""

    work_kind = models.CharField(max_length=60)
    work_id = models.PositiveBigIntegerField()
    from_state = models.CharField(max_length=20)
    to_state = models.CharField(max_length=20)
    reason = models.TextField(blank=True)
    actor_name = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["work_kind", "work_id", "id"], name="step_work")]

    def __str__(self) -> str:
        return f"{self.work_kind} {self.work_id}: {self.from_state} -> {self.to_state}"


class Lock(models.Model):
    """A row to lock for things that have no row of their own (portal/core/locks.py)."""

    name = models.CharField(max_length=200, primary_key=True)

    def __str__(self) -> str:
        return self.name
