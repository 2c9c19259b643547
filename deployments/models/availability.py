"""How often a public service answered, counted by month."""

from django.db import models

from deployments.models.rollouts import Placement
from portal.accounts.models import Customer, TenantQuerySet


class Availability(models.Model):
    """How often a service in an environment was asked from outside in a month, and how often it answered."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="availability")
    month = models.DateField()  # its first day
    asked = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["placement", "month"], name="one_availability_per_month")]

    def __str__(self) -> str:
        return f"{self.placement} in {self.month:%Y-%m}"
