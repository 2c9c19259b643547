"""What makes input about people and customers valid. Services refuse by it, and forms say the same sentences."""

import re
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator, validate_slug
from django.utils.translation import gettext as _

from portal.accounts import selectors
from portal.accounts.countries import COUNTRIES, vat_number
from portal.accounts.models import Customer, Role, User
from portal.accounts.permissions import ENVIRONMENT_ROLES
from portal.core.errors import Invalid
from portal.core.rules import REQUIRED, Problems, refuse_wrong_types

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")  # AWS refuses double dashes in repositories and stacks
_RESERVED = ("internal", "aws", "ecs", "fargate")  # of load balancers and capacity providers, named by the slug
_no_null = ProhibitNullCharactersValidator()


@dataclass(frozen=True)
class CompanyData:
    """Who a customer is in law, and where its invoices go."""

    legal_name: str
    street: str
    postal_code: str
    city: str
    country: str
    is_business: bool = True
    vat_number: str = ""
    billing_email: str = ""
    reference: str = ""


@dataclass(frozen=True)
class CustomerData:
    """A new customer and its first owner."""

    name: str
    slug: str
    owner_email: str


@dataclass(frozen=True)
class InvitationData:
    """Whom to invite, as what."""

    email: str
    role: str


@dataclass(frozen=True)
class AccountData:
    """The account of somebody who was invited."""

    email: str
    name: str
    password: str


D = TypeVar("D", CompanyData, CustomerData, InvitationData)


def company_problems(data: CompanyData) -> Problems:
    """An invoice needs a name and an address; the VAT number has to be one of the country."""
    problems = Problems()
    for field, most in (("legal_name", 200), ("street", 200), ("postal_code", 20), ("city", 100)):
        problems.text(field, getattr(data, field), most=most)
    problems.choice("country", data.country, COUNTRIES)
    problems.text("vat_number", data.vat_number, most=20, required=False)
    problems.email("billing_email", data.billing_email, required=False)
    problems.text("reference", data.reference, most=60, required=False)
    if data.vat_number and not {"country", "vat_number"} & problems.keys():
        _vat_number(problems, data)
    return problems


def checked_company(data: CompanyData) -> CompanyData:
    """The data as they are kept; the VAT number as it is printed. Raises Invalid."""
    data = _stripped(data)
    company_problems(data).refuse()
    return replace(data, vat_number=vat_number(data.vat_number, data.country)) if data.vat_number else data


def customer_problems(data: CustomerData) -> Problems:
    """Name and short name are the customer's alone; the short name becomes part of AWS names."""
    problems = Problems()
    problems.text("name", data.name, most=120)
    problems.text("slug", data.slug, most=20)
    problems.check("slug", data.slug, validate_slug)
    problems.shape(
        "slug",
        data.slug,
        _SLUG,
        _("Use lower-case letters and digits, starting with a letter, with single dashes between them."),
    )
    if data.slug.startswith(_RESERVED):
        problems.add("slug", _("AWS keeps names that begin with internal, aws, ecs or fargate for itself."))
    problems.email("owner_email", data.owner_email)
    _taken(problems, data)
    _staff(problems, "owner_email", data.owner_email.lower(), data.name)
    return problems


def checked_customer(data: CustomerData) -> CustomerData:
    """The data as they are kept. Raises Invalid."""
    data = _stripped(data)
    customer_problems(data).refuse()
    return data


def invitation_problems(data: InvitationData) -> Problems:
    """What can be said of an invitation without telling who has an account."""
    problems = Problems()
    problems.email("email", data.email)
    problems.choice("role", data.role, Role.values)
    return problems


def checked_invitation(data: InvitationData, customer: Customer) -> InvitationData:
    """The invitation to `customer`, its address in small letters. Raises Invalid, also when the address belongs to a
    member or to somebody of in4it: staff see customers by their own role, and nobody gives themselves another one.
    """
    data = _stripped(data)
    data = replace(data, email=data.email.lower())
    problems = invitation_problems(data)
    _staff(problems, "email", data.email, customer.name)
    if "email" not in problems and selectors.members(customer).filter(user__email=data.email).exists():
        sentence = f"{data.email} is already a member of {customer}. Change the role on the people page instead."
        problems.add("email", sentence)
    problems.refuse()
    return data


def account_problems(data: AccountData) -> Problems:
    """A name, and a password that is hard to guess, also for those who know name and address."""
    problems = Problems()
    problems.text("name", data.name, most=120)
    problems.check("password", data.password, _no_null)
    if data.password:
        _password(problems, data)
    else:
        problems.add("password", REQUIRED)
    if selectors.user_by_email(data.email):
        problems.add(
            "", _("%(email)s has an account by now. Log in with it, then open this link again.") % {"email": data.email}
        )
    return problems


def checked_account(data: AccountData) -> AccountData:
    """The account as it is kept. Raises Invalid."""
    refuse_wrong_types(data)
    data = replace(data, name=data.name.strip())
    account_problems(data).refuse()
    return data


def check_role(role: str) -> None:
    """Raises Invalid when there is no such role."""
    if role not in Role.values:
        raise Invalid({"role": _("That role does not exist. Choose one of the list.")})


def check_environment_role(role: str) -> None:
    """Raises Invalid for what can be no role in an environment; empty is that of the customer."""
    if role and role not in ENVIRONMENT_ROLES:
        raise Invalid({"role": _("That role does not exist in environments. Choose one of the list.")})


def _stripped(data: D) -> D:
    """Without blanks around any text, as forms read it. Raises Invalid for what is no text."""
    refuse_wrong_types(data)
    values = {field.name: getattr(data, field.name) for field in fields(data)}
    texts: dict[str, Any] = {name: value.strip() for name, value in values.items() if isinstance(value, str)}
    return replace(data, **texts)


def _vat_number(problems: Problems, data: CompanyData) -> None:
    try:
        problems.text("vat_number", vat_number(data.vat_number, data.country), most=20)
    except ValueError as error:
        problems.add(
            "vat_number", _("%(error)s Copy it from an invoice or a letter of the tax office.") % {"error": error}
        )


def _taken(problems: Problems, data: CustomerData) -> None:
    for field in ("name", "slug"):
        if field not in problems and selectors.customer_exists(**{field: getattr(data, field)}):
            problems.add(
                field, _("Customer with this %(capitalize)s already exists.") % {"capitalize": field.capitalize()}
            )


def _staff(problems: Problems, field: str, email: str, customer: str) -> None:
    user = None if field in problems else selectors.user_by_email(email)
    if user is not None and user.staff_role:
        problems.add(
            field,
            _("%(email)s works at in4it and sees %(customer)s already, by the role they have there.")
            % {"email": email, "customer": customer},
        )


def _password(problems: Problems, data: AccountData) -> None:
    """All that is wrong with it at once: whoever mends one thing should not meet the next."""
    try:
        validate_password(data.password, User(email=data.email, name=data.name))
    except ValidationError as error:
        problems.add("password", " ".join(error.messages))
