"""Plans, subscriptions, charges and invoices."""

from decimal import Decimal
from typing import Any, ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils import timezone

from billing import states
from billing.rules.vat import Category
from deployments.models import Application
from portal.accounts.models import Customer, TenantQuerySet, User
from portal.core.protected import Protection

FINAL = "An issued invoice is never changed or deleted."


class Plan(models.Model):
    """What is offered, as data: Basic Support is EUR 250.00 per application per month, excluding VAT."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    price = models.DecimalField(max_digits=10, decimal_places=2)  # EUR per application per month, excluding VAT
    included = models.JSONField(default=list)
    excluded = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """An application under a plan, from a day on."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)  # last day, inclusive

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["application__name"]

    def __str__(self) -> str:
        return f"{self.application} on {self.plan}"


class VatRuling(models.Model):
    """What finance decided for a customer whom the VAT rules block; it changes nothing for any other customer."""

    CATEGORIES = [(Category.STANDARD, "Belgian VAT"), (Category.OUTSIDE_SCOPE, "Outside the scope of Belgian VAT")]

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="+")
    category = models.CharField(max_length=2, choices=CATEGORIES)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.customer}: {self.get_category_display()}"


class NumberSeries(models.Model):
    """The counter of one series of numbers; the row is locked while a document is issued."""

    kind = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)
    last_issued_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="one_series_per_kind_and_year")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class InvoiceQuerySet(TenantQuerySet):
    """Invoices; those that are issued take no bulk change but the moves and the PDF that the database allows."""

    def issued(self) -> Self:
        """Without drafts, which customers never see."""
        return self.filter(state__in=states.NUMBERED)

    def update(self, **values: Any) -> int:
        if values.keys() - {"state", "pdf"}:
            _refuse(self.issued())
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        _refuse(self.issued())
        return super().delete()


class Invoice(models.Model):
    """An invoice. Once issued it is never edited or deleted: refused here and by the database."""

    protection: ClassVar = Protection(
        FINAL,
        unless={"state": [states.DRAFT]},
        moves={"state": states.MOVES},
        once=["pdf"],
    )

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default=states.DRAFT)
    period = models.DateField()  # first day of the month billed
    number = models.CharField(max_length=20, unique=True, null=True)
    issued_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    issued_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    seller = models.JSONField(default=dict)  # frozen at issue
    buyer = models.JSONField(default=dict)  # frozen at issue
    category = models.CharField(max_length=2)  # UBL VAT category
    rate = models.DecimalField(max_digits=5, decimal_places=2)  # percent
    vat_note = models.TextField(blank=True)
    net = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    vat = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    gross = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    structured_communication = models.CharField(max_length=12, blank=True)  # OGM, 12 digits
    pdf = models.BinaryField(null=True)  # rendered once, after issuing
    created_at = models.DateTimeField(default=timezone.now)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "period"], name="one_invoice_per_customer_and_month"),
            models.CheckConstraint(
                condition=models.Q(state=states.DRAFT, number=None)
                | models.Q(
                    ~models.Q(state=states.DRAFT),
                    number__isnull=False,
                    issued_on__isnull=False,
                    due_on__isnull=False,
                ),
                name="numbered_when_issued",
            ),
        ]
        indexes = [models.Index(fields=["period", "state"], name="invoice_month")]

    def __str__(self) -> str:
        return self.number or f"Draft for {self.customer}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        _refuse(Invoice.objects.filter(pk=self.pk).issued())
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("invoice", args=[self.customer.slug, self.pk])

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _refuse(Invoice.objects.filter(pk=self.pk).issued())
        return super().delete(*args, **kwargs)

    @property
    def is_draft(self) -> bool:
        return self.state == states.DRAFT


class ChargeQuerySet(TenantQuerySet):
    """Charges; those of an issued invoice cannot be changed."""

    def issued(self) -> Self:
        """Those on an issued invoice."""
        return self.filter(invoice__state__in=states.NUMBERED)

    def update(self, **values: Any) -> int:
        _refuse(self.issued())
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        _refuse(self.issued())
        return super().delete()


class Charge(models.Model):
    """One subscription billed for one month; unique, so that a monthly run can be repeated without harm."""

    protection: ClassVar = Protection(FINAL, along="invoice")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="charges")
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="charges")
    period = models.DateField()
    description = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal(1))
    unit_price = models.DecimalField(max_digits=10, decimal_places=2)
    net = models.DecimalField(max_digits=12, decimal_places=2)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["subscription", "period"], name="one_charge_per_month")]

    def __str__(self) -> str:
        return self.description

    def save(self, *args: Any, **kwargs: Any) -> None:
        _refuse(Invoice.objects.filter(pk=self.invoice_id).issued())
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _refuse(Charge.objects.filter(pk=self.pk).issued())
        return super().delete(*args, **kwargs)


def _refuse(issued: models.QuerySet[Any]) -> None:
    """Raises RuntimeError when there is such a row: changing an issued invoice is a bug, not a choice."""
    if issued.exists():
        raise RuntimeError("An issued invoice is never changed or deleted; it is corrected by a credit note.")
