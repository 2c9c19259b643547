"""Questions about people and customers."""

from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from portal.accounts.models import Customer, Invitation, Membership, Role, User
from portal.core import outbox
from portal.core.models import AuditEvent, Outgoing

LATE = outbox.TAKEN  # what waits longer than a worker may take is late


def members(customer: Customer) -> QuerySet[Membership]:
    """Who belongs to a customer, by name."""
    return Membership.objects.for_customer(customer).select_related("user")


def owners(customer: Customer) -> QuerySet[Membership]:
    """The members who may do everything; there is always one."""
    return members(customer).filter(role=Role.OWNER)


def open_invitations(customer: Customer) -> QuerySet[Invitation]:
    """Invitations that can still be accepted, newest first."""
    return usable().filter(customer=customer).select_related("invited_by")


def usable() -> QuerySet[Invitation]:
    """Invitations neither accepted, nor revoked, nor expired."""
    return Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())


def invitation(pk: int) -> Invitation | None:
    """An invitation in whatever state."""
    return Invitation.objects.select_related("customer", "invited_by").filter(pk=pk).first()


def invitation_by_hash(token_hash: str) -> Invitation | None:
    """The invitation of a token, in whatever state."""
    return Invitation.objects.select_related("customer", "invited_by").filter(token_hash=token_hash).first()


def user_by_email(email: str) -> User | None:
    """The user of an address, whatever its capitals."""
    return User.objects.filter(email=email.lower()).first()


def customers(search: str = "") -> QuerySet[Customer]:
    """All customers with their number of people (`people`), found by name, legal name, short name or VAT number."""
    rows = Customer.objects.annotate(people=Count("memberships"))
    fields = ("name", "legal_name", "slug", "vat_number")
    found = [Q(**{f"{field}__icontains": search}) for field in fields] if search else []
    return rows.filter(Q(*found, _connector=Q.OR)).order_by("name")  # an annotation drops the model's order


def customer_exists(**named: str) -> bool:
    """Whether there is a customer of this name or short name."""
    return Customer.objects.filter(**named).exists()


def audit_events(
    customer: Customer | None = None,
    *,
    who: str = "",
    what: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[AuditEvent]:
    """Events, newest first; of all customers without `customer`. `until` is inclusive."""
    rows = AuditEvent.objects.select_related("customer")
    rows = rows.filter(customer=customer) if customer else rows
    rows = rows.filter(actor_name__icontains=who) if who else rows
    rows = rows.filter(at__date__gte=since) if since else rows
    rows = rows.filter(at__date__lte=until) if until else rows
    words = what.strip().replace(" ", "_")
    named = Q(action__icontains=words) | Q(target_name__icontains=what.strip())
    return rows.filter(named) if words else rows


def stopped() -> QuerySet[Outgoing]:
    """What failed too often on its way out, or cannot succeed; the newest first."""
    return Outgoing.objects.filter(stopped_at__isnull=False, done_at=None).select_related("customer")


def failing() -> QuerySet[Outgoing]:
    """What failed and is tried again by itself, the next one first."""
    return Outgoing.waiting.filter(attempts__gt=0).select_related("customer").order_by("due_at")


def waiting_counts() -> dict[str, int]:
    """How much waits on its way out: all of it (`waiting`), what nobody took in time (`late`), what failed before."""
    early = timezone.now() - LATE
    # A tick puts off what it hands over, so what was never tried is late since it was written, or sent again.
    late = Q(due_at__lt=early) | Q(attempts=0, heartbeat_at__lt=early)
    return Outgoing.waiting.aggregate(
        waiting=Count("pk"), late=Count("pk", filter=late), failing=Count("pk", filter=Q(attempts__gt=0))
    )
