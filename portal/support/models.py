"""Tickets and their messages."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from deployments.models import Deployment
from portal.accounts.models import Customer, TenantQuerySet, User
from portal.core.sentences import Sentence
from portal.core.work.state import Stateful
from portal.support import states


class Ticket(Stateful):
    """A question or a problem of a customer. What it is about is frozen in when it is opened."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = states.MOVES

    class Priority(models.TextChoices):
        NORMAL = "normal", gettext_lazy("Normal")
        HIGH = "high", gettext_lazy("High: production is affected")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=200)
    state = models.CharField(max_length=20, default=states.OPEN)
    priority = models.CharField(max_length=10, choices=Priority.choices, default=Priority.NORMAL)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assignee = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    deployment = models.ForeignKey(Deployment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    context = models.JSONField(default=dict)  # what it was about, as it was when the ticket was opened
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    waiting_since = models.DateTimeField(default=timezone.now)  # since when the side whose turn it is has the turn
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        indexes = [
            models.Index(fields=["state", "priority", "waiting_since"], name="ticket_queue"),
            models.Index(fields=["customer", "-updated_at"], name="ticket_customer"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("ticket", args=[self.customer.slug, self.pk])

    def on_move(self, to: str, reason: Sentence, now: datetime) -> dict[str, object]:
        """Whoever has the turn now waits from now on."""
        return {"updated_at": now, "waiting_since": now, "closed_at": now if to == states.CLOSED else None}


class Message(models.Model):
    """What was said on a ticket, by either side, to the other."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    from_staff = models.BooleanField()
    body = models.TextField(max_length=20_000)
    at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True, blank=True)  # when the other side was mailed about it

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"message on {self.ticket}"

    @property
    def customer_id(self) -> int:
        """Whose ticket it is on."""
        return int(self.ticket.customer_id)


class InternalNote(models.Model):
    """What engineers tell each other. A table of its own, so that no slip shows it to a customer."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    body = models.TextField(max_length=20_000)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"note {self.pk}"
