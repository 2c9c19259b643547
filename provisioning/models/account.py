"""AWS accounts of customers."""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from portal.accounts.models import Customer, TenantQuerySet
from portal.core.encryption import EncryptedTextField
from portal.core.sentences import from_json
from portal.core.work.state import Stateful
from provisioning.accounts import states


class AwsAccount(Stateful):
    """A customer's own AWS account and how the portal gets in: a role to assume, or a stored access key."""

    class Access(models.TextChoices):
        ROLE = "role", gettext_lazy("A role the portal assumes (recommended)")
        KEY = "key", gettext_lazy("An access key")

    MOVES = states.MOVES

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    account_id = models.CharField(max_length=12)
    access = models.CharField(max_length=4, choices=Access.choices, default=Access.ROLE)
    role_name = models.CharField(max_length=64, default="in4it-portal")
    external_id = models.CharField(max_length=64)
    access_key_id = models.CharField(max_length=128, blank=True)
    secret_access_key = EncryptedTextField(blank=True)
    revision = models.PositiveIntegerField(default=0)  # raised by each change of the access
    state = models.CharField(max_length=20, default=states.UNTESTED)
    checks = models.JSONField(default=list)  # the last test: [{name, ok, sentence}], as data
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["customer", "account_id"], name="account_once_per_customer")]

    def __str__(self) -> str:
        return f"{self.name} ({self.account_id})"

    def get_absolute_url(self) -> str:
        return reverse("aws_account", args=[self.customer.slug, self.pk])

    @property
    def last_test(self) -> list[dict[str, Any]]:
        """Its checks, with sentences that can be said."""
        said = ("name", "sentence")
        return [{**check, **{part: from_json(check[part]) for part in said}} for check in self.checks]

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:role/{self.role_name}"

    def action_of(self, to: str) -> str:
        """It is untested again because somebody changed it: that event tells of it."""
        return "" if to == states.UNTESTED else super().action_of(to)

    def condition(self, *, by_person: bool) -> dict[str, Any]:
        """The result of a test counts only while the access is the one that was tested."""
        return {"revision": self.revision}
