"""Who may see and do what: the only place where roles mean something.

Every view carries one of the four decorators below; tests/access walks every URL and fails on a view without one.
Strangers get 404 (they learn nothing), those who may look but not do get 403, anonymous people the login page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse

from portal.accounts.models import Customer, Membership, Role, StaffRole, User
from portal.core import audit


class Can(StrEnum):
    """What can be done within a customer."""

    VIEW = "look"
    DEPLOY = "deploy, and change services and configuration"
    MANAGE = "manage environments, AWS accounts and people"
    COMPANY = "change company data"
    ASK = "open and answer tickets"
    BILLING = "see plan and invoices"
    AUDIT = "read the audit log"


ROLE_CAN: dict[str, frozenset[Can]] = {
    Role.OWNER: frozenset(Can),
    Role.DEVELOPER: frozenset({Can.VIEW, Can.DEPLOY, Can.ASK}),
    Role.BILLING: frozenset({Can.VIEW, Can.BILLING, Can.COMPANY, Can.ASK}),
    Role.VIEWER: frozenset({Can.VIEW}),
}
STAFF_CAN: dict[str, frozenset[Can]] = {
    StaffRole.ENGINEER: frozenset({Can.VIEW, Can.DEPLOY, Can.MANAGE, Can.COMPANY, Can.ASK, Can.AUDIT}),
    StaffRole.FINANCE: frozenset({Can.VIEW, Can.BILLING, Can.COMPANY}),
    StaffRole.ADMIN: frozenset(Can),
}
ENGINEERS = frozenset({StaffRole.ENGINEER, StaffRole.ADMIN})
FINANCE = frozenset({StaffRole.FINANCE, StaffRole.ADMIN})
STAFF = ENGINEERS | FINANCE


@dataclass(frozen=True)
class Access:
    """What a view asks of whoever opens it; read by the access walk."""

    kind: str  # public, signed_in, customer, staff
    can: Can | None = None
    staff: frozenset[StaffRole] = frozenset()


class CustomerRequest(HttpRequest):
    """The request a customer page gets: who asks, in which customer, and what they may do there."""

    user: User
    customer: Customer
    can: frozenset[Can]
    as_staff: bool


class StaffRequest(HttpRequest):
    """The request a staff page gets."""

    user: User


View = TypeVar("View", bound=Callable[..., HttpResponse])
R = TypeVar("R", bound=Model)


def capabilities(user: User, membership: Membership | None) -> frozenset[Can]:
    """What `user` can do where they are a member by `membership`, or no member at all; empty for a stranger."""
    own = ROLE_CAN[membership.role] if membership else frozenset()
    return own | STAFF_CAN.get(user.staff_role, frozenset())


def public(view: View) -> View:
    """A page anybody may open."""
    view.access = Access("public")  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """A page for everybody who is logged in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    guarded.access = Access("signed_in")  # type: ignore[attr-defined]
    return cast("View", guarded)


def customer_page(can: Can) -> Callable[[View], View]:
    """A page under /c/<customer_slug>/ for those who `can`; the view gets a CustomerRequest and no slug."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: CustomerRequest, customer_slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
            if _is_anonymous(request):
                return redirect_to_login(request.get_full_path())
            _enter(request, customer_slug)
            if can not in request.can:
                raise PermissionDenied(f"Your role does not allow you to {can}. Ask an owner of {request.customer}.")
            return view(request, *args, **kwargs)

        guarded.access = Access("customer", can=can)  # type: ignore[attr-defined]
        return cast("View", guarded)

    return decorate


def staff_page(roles: frozenset[StaffRole]) -> Callable[[View], View]:
    """A page for staff with one of `roles`; it does not exist for customers."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if _is_anonymous(request):
                return redirect_to_login(request.get_full_path())
            if not request.user.staff_role:
                raise Http404
            if request.user.staff_role not in roles:
                raise PermissionDenied("Your role at in4it does not include this page.")
            return view(request, *args, **kwargs)

        guarded.access = Access("staff", staff=roles)  # type: ignore[attr-defined]
        return cast("View", guarded)

    return decorate


def load(model: type[R], customer: Customer, **lookup: Any) -> R:
    """The customer's row, or 404: rows of others do not exist here."""
    row = model._default_manager.filter(customer=customer, **lookup).first()
    if row is None:
        raise Http404
    return row


def _is_anonymous(request: HttpRequest) -> bool:
    return not request.user.is_authenticated


def _enter(request: CustomerRequest, slug: str) -> None:
    """Puts the customer and what may be done there on the request; 404 for strangers."""
    user = request.user
    membership = next((each for each in user.own_memberships if each.customer.slug == slug), None)
    customer = membership.customer if membership else _customer_for_staff(user, slug)
    can = capabilities(user, membership)
    if customer is None or not can:
        raise Http404
    request.customer, request.can = customer, can
    request.as_staff = bool(request.user.staff_role)
    if request.as_staff:
        _audit_first_look(request, customer)


def _customer_for_staff(user: User, slug: str) -> Customer | None:
    return Customer.objects.filter(slug=slug).first() if user.staff_role else None


def _audit_first_look(request: CustomerRequest, customer: Customer) -> None:
    """Staff looking at a customer's pages is written down once a session."""
    seen = request.session.get("looked_at", [])
    if customer.pk not in seen:
        request.session["looked_at"] = [*seen, customer.pk]
        audit.record("customer.looked_at_by_staff", customer, actor=request.user, customer=customer)
