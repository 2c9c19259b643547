"""Who may do what: the one question, `may`, and the tables that answer it. Nothing else reads a role.

A role counts for the whole customer; where a member was given another one for an environment, that one counts there.
Staff have their own table. Nobody grants, changes or takes away a role that can do what they cannot.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import Customer, Membership, Role, StaffRole, User
from portal.core.caller import Caller, Via
from portal.core.errors import Forbidden


class Can(StrEnum):
    """What can be done within a customer."""

    VIEW = "view"
    DEPLOY = "deploy"
    MANAGE = "manage"
    COMPANY = "company"
    ASK = "ask"
    BILLING = "billing"
    AUDIT = "audit"


WORDS: dict[Can, Promise] = {
    Can.VIEW: gettext_lazy("look"),
    Can.DEPLOY: gettext_lazy("deploy, and change services and configuration"),
    Can.MANAGE: gettext_lazy("manage environments, AWS accounts and people"),
    Can.COMPANY: gettext_lazy("change company data"),
    Can.ASK: gettext_lazy("open and answer tickets"),
    Can.BILLING: gettext_lazy("see plan and invoices"),
    Can.AUDIT: gettext_lazy("read the audit log"),
}
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
IN_ENVIRONMENTS = frozenset({Can.VIEW, Can.DEPLOY, Can.MANAGE})  # what a role of an environment decides there
ENVIRONMENT_ROLES = (Role.OWNER, Role.DEVELOPER, Role.VIEWER)
ENGINEERS = frozenset({StaffRole.ENGINEER, StaffRole.ADMIN})
FINANCE = frozenset({StaffRole.FINANCE, StaffRole.ADMIN})
STAFF = ENGINEERS | FINANCE


@dataclass(frozen=True, kw_only=True)
class Person(Caller):
    """Somebody who is logged in. `looks_as`: staff who see a customer as its members of that role do."""

    user: User
    looks_as: str = ""

    @property
    def looks_as_label(self) -> str:
        """The role, as a word within a sentence."""
        return Role(self.looks_as).label.lower() if self.looks_as else ""


def person(user: User, request_id: str = "", looks_as: str = "") -> Person:
    """The caller behind a page."""
    return Person(str(user), Via.PAGE, user.pk, request_id, user=user, looks_as=looks_as)


def may(caller: Caller, can: Can, customer: Customer, environment: Model | None = None) -> bool:
    """Whether the caller can do that in the customer, or in this environment of it."""
    return can in capabilities(caller, customer, environment)


def name_of(environment: Model | None) -> str:
    """What its own customer calls it."""
    return str(getattr(environment, "name", environment))


def may_somewhere(caller: Caller, can: Can, customer: Customer) -> bool:
    """Whether the caller can do that in the customer, or in one of its environments at least."""
    return may(caller, can, customer) or any(can in ROLE_CAN[role] for role in _roles_of(caller, customer))


def require(caller: Caller, can: Can, customer: Customer, environment: Model | None = None) -> None:
    """Raises Forbidden, which says whom to ask, unless the caller may."""
    if may(caller, can, customer, environment):
        return
    facts = {"what": WORDS[can], "customer": customer, "environment": name_of(environment)}
    if environment is None:
        raise Forbidden(_("Your role does not allow you to %(what)s. Ask an owner of %(customer)s.") % facts)
    sentence = _("Your role in %(environment)s does not allow you to %(what)s. Ask an owner of %(customer)s.")
    raise Forbidden(sentence % facts)


def capabilities(caller: Caller, customer: Customer, environment: Model | None = None) -> frozenset[Can]:
    """All that the caller can do in the customer, or in this environment of it; nothing for a stranger."""
    if not isinstance(caller, Person):
        return frozenset(Can) if caller.via in (Via.SYSTEM, Via.COMMAND) else frozenset()
    staff = STAFF_CAN.get(caller.user.staff_role, frozenset())
    if caller.looks_as:
        return ROLE_CAN[caller.looks_as] & staff
    return staff | _of_member(_membership(caller, customer), environment)


def grantable(caller: Caller, customer: Customer) -> list[Role]:
    """The roles that the caller may give, change and take away: those that can do nothing the caller cannot."""
    own = capabilities(caller, customer)
    return [role for role in Role if ROLE_CAN[role] <= own]


def require_grant(
    caller: Caller, customer: Customer, roles: Iterable[str], within: frozenset[Can] = frozenset(Can)
) -> None:
    """Raises Forbidden unless the caller may give and take each of these roles, of which only `within` counts."""
    own = capabilities(caller, customer)
    for role in roles:
        if role in Role.values and not ROLE_CAN[role] & within <= own:
            facts = {"role": Role(role).label, "customer": customer}
            raise Forbidden(
                _("The role %(role)s can do more than yours, so only an owner of %(customer)s decides about it.")
                % facts
            )


def _of_member(membership: Membership | None, environment: Model | None) -> frozenset[Can]:
    if membership is None:
        return frozenset()
    whole = ROLE_CAN[membership.role]
    other = membership.role_in(environment) if environment else ""
    return whole if not other else (whole - IN_ENVIRONMENTS) | (ROLE_CAN[other] & IN_ENVIRONMENTS)


def _membership(caller: Person, customer: Customer) -> Membership | None:
    return next((each for each in caller.user.own_memberships if each.customer_id == customer.pk), None)


def _roles_of(caller: Caller, customer: Customer) -> set[str]:
    """The caller's other roles in environments; none for staff, who have theirs everywhere."""
    if not isinstance(caller, Person) or caller.user.staff_role:
        return set()
    membership = _membership(caller, customer)
    return set(membership.environment_roles.values()) if membership else set()
