"""Users, customers (tenants), memberships and invitations."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy


class Role(models.TextChoices):
    """What a member may do (portal/accounts/permissions.py says what each role can)."""

    OWNER = "owner", gettext_lazy("Owner")
    DEVELOPER = "developer", gettext_lazy("Developer")
    BILLING = "billing", gettext_lazy("Billing")
    VIEWER = "viewer", gettext_lazy("Viewer")


class StaffRole(models.TextChoices):
    """What somebody of in4it does."""

    NONE = "", gettext_lazy("Not staff")
    ENGINEER = "engineer", gettext_lazy("Engineer")
    FINANCE = "finance", gettext_lazy("Finance")
    ADMIN = "admin", gettext_lazy("Administrator")


class UserManager(BaseUserManager["User"]):
    """Makes users, who are known by their e-mail address alone."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, staff_role=StaffRole.ADMIN, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can log in: a member of customers, or staff of in4it."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    staff_role = models.CharField(max_length=10, choices=StaffRole.choices, default=StaffRole.NONE, blank=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    @cached_property
    def own_memberships(self) -> "list[Membership]":
        """Its memberships with their customers, by name; every page asks, the database is asked once a request."""
        return list(self.memberships.select_related("customer").order_by("customer__name"))

    @property
    def is_staff(self) -> bool:
        """Whether somebody of in4it keeps the site running: they see tracebacks."""
        return self.staff_role in {StaffRole.ENGINEER, StaffRole.ADMIN}


class Customer(models.Model):
    """A company: the tenant everything else belongs to, and the buyer on its invoices."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=20, unique=True)  # part of AWS names, which are short
    legal_name = models.CharField(max_length=200, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, default="BE")  # ISO 3166-1 alpha-2
    is_business = models.BooleanField(default=True)
    vat_number = models.CharField(max_length=20, blank=True)
    billing_email = models.EmailField(blank=True)
    reference = models.CharField(max_length=60, blank=True)  # what the buyer wants to see on invoices (order, contract)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TenantQuerySet(models.QuerySet[Any]):
    """Rows that belong to one customer."""

    def for_customer(self, customer: Customer) -> Self:
        return self.filter(customer=customer)


class Membership(models.Model):
    """A user in a customer, with a role."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    # By the id of an environment: the role that counts there instead. Every page asks, so it stands on this row.
    environment_roles = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["user__name"]
        constraints = [models.UniqueConstraint(fields=["customer", "user"], name="one_membership_per_user")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    def role_in(self, environment: models.Model) -> str:
        """The role that was set for one environment; empty: this one counts there too."""
        return str(self.environment_roles.get(str(environment.pk), ""))


class Invitation(models.Model):
    """An offer, sent by mail, to join a customer. Only a hash of its token is kept."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"
