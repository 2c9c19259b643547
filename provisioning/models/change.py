"""Changes of stacks: pieces of work, one at a time in each stack."""

from datetime import timedelta
from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from portal.accounts.models import Customer, TenantQuerySet, User
from portal.core.sentence_field import SentenceField
from portal.core.work.state import Move, transition
from portal.core.work.steps import Work
from provisioning.changes import states
from provisioning.models.environment import Environment
from provisioning.models.stack import Stack


def new_token() -> str:
    """What tells the requests of one change from those of every other (AWS's client request tokens)."""
    return uuid4().hex


class StackChange(Work):
    """One creation, update or removal of a stack.

    The change that an environment's life depends on (`environment.change`) carries it: each of its moves moves the
    environment, in the same transaction. All others leave the environment as it is, ready and deployable.
    """

    class Kind(models.TextChoices):
        CREATE = states.CREATE, gettext_lazy("Creation")
        UPDATE = states.UPDATE, gettext_lazy("Update")
        REMOVE = states.REMOVE, gettext_lazy("Removal")

    TASK = "provisioning.step_change"
    SHARE = "environment__account"
    MOVES = states.MOVES
    ACTIVE = states.ACTIVE
    STEPPED = states.ACTIVE

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="changes")
    stack = models.ForeignKey(Stack, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    parameters = models.JSONField(default=dict)  # of the template, by name
    token = models.CharField(max_length=32, default=new_token)
    change_set_id = models.CharField(max_length=300, blank=True)
    plan = models.JSONField(default=list)  # [{logical_id, type, action, purpose}] from the change set
    advice = SentenceField()  # what to do about a failure
    executed_at = models.DateTimeField(null=True, blank=True)  # when AWS was asked to carry out the plan
    rollback_asked_at = models.DateTimeField(null=True, blank=True)  # when AWS was asked to go on with a roll-back
    # When AWS was asked to delete the stack; tells a deletion that failed from one that was never asked for.
    deletion_asked_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["stack"], condition=models.Q(state__in=sorted(states.OPEN)), name="one_change_at_a_time"
            )
        ]
        indexes = [
            models.Index(fields=["state", "heartbeat_at"], name="change_tick"),
            models.Index(fields=["environment", "-id"], name="change_environment"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.stack}"

    @property
    def carries(self) -> bool:
        """Whether the environment's own state follows this change."""
        return self.environment.change_id == self.pk

    @property
    def elapsed(self) -> timedelta | None:
        """How long the work takes, or took; None before it begins."""
        return (self.finished_at or timezone.now()) - self.started_at if self.started_at else None

    def action_of(self, to: str) -> str:
        """The environment's own event says what happened where it is carried along."""
        return "" if self.carries else f"stack.{self.kind}_{to}"

    def moved(self, move: Move) -> None:
        super().moved(move)
        to = states.CARRIED.get((self.kind, move.to))
        if to and self.carries and to != self.environment.state:
            transition(self.environment, to, reason=move.reason, caller=move.caller)
