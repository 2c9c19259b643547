"""Rows that belong to no app in particular: the audit log, the steps of long-running work, named locks."""

from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.core.encryption import EncryptedTextField
from portal.core.protected import Protection
from portal.core.sentence_field import SentenceField
from portal.core.work.turns import Turn


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
    reason = SentenceField()
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


class Waiting(models.Manager["Outgoing"]):
    """Those that are neither done nor stopped."""

    def get_queryset(self) -> "models.QuerySet[Outgoing]":
        return super().get_queryset().filter(done_at=None, stopped_at=None)


class Outgoing(Turn):
    """Something that leaves the house or is rendered, written by a service in its transaction (portal/core/outbox.py).

    It waits, is done, or has stopped because it failed too often. `key` stays the same in every attempt: a mail's
    Message-ID is made of it.
    """

    kind = models.CharField(max_length=60)  # what is delivered, e.g. "accounts.invitation"
    queue = models.CharField(max_length=20)
    key = models.UUIDField(default=uuid4, unique=True, editable=False)
    about_kind = models.CharField(max_length=60)
    about_id = models.CharField(max_length=60)
    about_name = models.CharField(max_length=200)
    customer = models.ForeignKey("accounts.Customer", null=True, on_delete=models.CASCADE, related_name="+")
    payload = EncryptedTextField(default="{}")  # JSON; emptied when it is done
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()  # when the tick hands it over (again)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = SentenceField()  # what the last attempt met
    done_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager["Outgoing"]()
    waiting = Waiting()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(done_at=None, stopped_at=None), name="outgoing_due"),
            models.Index(fields=["stopped_at"], condition=models.Q(stopped_at__isnull=False), name="outgoing_stopped"),
            models.Index(fields=["done_at"], condition=models.Q(done_at__isnull=False), name="outgoing_done"),
            models.Index(fields=["about_kind", "about_id"], name="outgoing_about"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} about {self.about_name}"
