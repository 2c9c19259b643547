"""Who may open which page.

Every view carries one of the decorators below; tests/access walks every URL and fails on a view without one.
Strangers get 404 (they learn nothing), those who may look but not do get 403, anonymous people the login page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.accounts.models import Customer, StaffRole, User
from portal.accounts.permissions import Can, Person, capabilities, may_somewhere, person, require
from portal.core import audit
from portal.core.errors import Forbidden

LOOKED_AT, LOOKS_AS = "looked_at", "looks_as"  # in the session of staff: customers seen; whom they see as which role
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Access:
    """What a view asks of whoever opens it; read by the access walk.

    `by_environment`: it is about one environment, and the role there decides.
    """

    kind: str  # public, signed_in, customer, staff
    can: Can | None = None
    staff: frozenset[StaffRole] = frozenset()
    by_environment: bool = False


class PersonRequest(HttpRequest):
    """The request of somebody who is logged in."""

    user: User
    caller: Person


class CustomerRequest(PersonRequest):
    """The request a customer page gets: who asks, in which customer, and what they may do there."""

    customer: Customer
    can: frozenset[Can]
    as_staff: bool


class StaffRequest(PersonRequest):
    """The request a staff page gets."""


View = TypeVar("View", bound=Callable[..., HttpResponse])
R = TypeVar("R", bound=Model)


def public(view: View) -> View:
    """A page anybody may open."""
    view.access = Access("public")  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """A page for everybody who is logged in."""

    @wraps(view)
    def guarded(request: PersonRequest, *args: object, **kwargs: object) -> HttpResponse:
        if _is_anonymous(request):
            return redirect_to_login(request.get_full_path())
        request.caller = person(request.user, audit.request_id())
        return view(request, *args, **kwargs)

    guarded.access = Access("signed_in")  # type: ignore[attr-defined]
    return cast("View", guarded)


def customer_page(can: Can, *, by_environment: bool = False) -> Callable[[View], View]:
    """A page under /c/<customer_slug>/ for those who `can`; the view gets a CustomerRequest and no slug.

    A page about one environment lets in whoever can somewhere, and calls `within` when it knows which one it is.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: CustomerRequest, customer_slug: str, *args: object, **kwargs: object) -> HttpResponse:
            if _is_anonymous(request):
                return redirect_to_login(request.get_full_path())
            _enter(request, customer_slug)
            if not (by_environment and may_somewhere(request.caller, can, request.customer)):
                require(request.caller, can, request.customer)
            return view(request, *args, **kwargs)

        guarded.access = Access("customer", can=can, by_environment=by_environment)  # type: ignore[attr-defined]
        return cast("View", guarded)

    return decorate


def within(request: CustomerRequest, environment: Model, can: Can = Can.VIEW) -> None:
    """From here on the page is about this environment: what may be done is what may be done there.

    Raises Forbidden unless whoever asks `can`.
    """
    require(request.caller, can, request.customer, environment)
    request.can = capabilities(request.caller, request.customer, environment)


def staff_page(roles: frozenset[StaffRole]) -> Callable[[View], View]:
    """A page for staff with one of `roles`; it does not exist for customers."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: StaffRequest, *args: object, **kwargs: object) -> HttpResponse:
            if _is_anonymous(request):
                return redirect_to_login(request.get_full_path())
            if not request.user.staff_role:
                raise Http404
            if request.user.staff_role not in roles:
                raise Forbidden(_("Your role at in4it does not include this page."))
            request.caller = person(request.user, audit.request_id())
            return view(request, *args, **kwargs)

        guarded.access = Access("staff", staff=roles)  # type: ignore[attr-defined]
        return cast("View", guarded)

    return decorate


def load(model: type[R], customer: Customer, **lookup: object) -> R:
    """The customer's row, or 404: rows of others do not exist here."""
    row = model._default_manager.filter(customer=customer, **lookup).first()
    if row is None:
        raise Http404
    return row


def _is_anonymous(request: HttpRequest) -> bool:
    return not request.user.is_authenticated


def _enter(request: CustomerRequest, slug: str) -> None:
    """Puts who asks, the customer and what may be done there on the request; 404 for strangers."""
    user = request.user
    customer = next((each.customer for each in user.own_memberships if each.customer.slug == slug), None)
    if customer is None and user.staff_role:
        customer = Customer.objects.filter(slug=slug).first()
    if customer is None:
        raise Http404
    looks_as = request.session.get(LOOKS_AS, {}).get(slug, "") if user.staff_role else ""
    request.customer, request.caller = customer, person(user, audit.request_id(), looks_as)
    request.can = capabilities(request.caller, customer)
    request.as_staff = bool(user.staff_role)
    if request.as_staff:
        _audit_first_look(request, customer)
    if looks_as and request.method not in SAFE and request.path != reverse("look_as", args=[slug]):
        raise Forbidden(_("You look at this as a customer does, so nothing can be changed. End that first."))


def _audit_first_look(request: CustomerRequest, customer: Customer) -> None:
    """Staff looking at a customer's pages is written down once a session."""
    seen = request.session.get(LOOKED_AT, [])
    if customer.pk not in seen:
        request.session[LOOKED_AT] = [*seen, customer.pk]
        audit.record("customer.looked_at_by_staff", customer, caller=request.caller, customer=customer)
