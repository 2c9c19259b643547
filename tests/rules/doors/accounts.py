"""What is refused about people and customers."""

from typing import Any

from portal.accounts import forms, services
from portal.accounts.models import Customer, Invitation, User
from portal.accounts.rules import CompanyData
from tests import factories
from tests.callers import by
from tests.rules.table import Door, Values

LONG = "x" * 400
NULL = "a\0b"
NO_ADDRESS = "not-an-email"
LONG_ADDRESS = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.example"


def _engineer() -> User:
    return factories.UserFactory(email="erin@in4it.example", staff_role="engineer")


def _company_form(customer: Customer, values: Values) -> forms.CompanyForm:
    return forms.CompanyForm(values, instance=Customer.objects.get(pk=customer.pk))


def _change_company(customer: Customer, values: Values) -> None:
    services.change_company(customer, CompanyData(**values), by(factories.UserFactory()))


def _create_customer(engineer: User, values: Values) -> object:
    return services.create_customer(**values, caller=by(engineer))


def _customers() -> User:
    factories.CustomerFactory(name="Acme", slug="acme")
    return _engineer()


def _invite(customer: Customer, values: Values) -> object:
    return services.invite(customer, **values, caller=by(factories.UserFactory()))


def _join_form(invitation: Invitation, values: Values) -> forms.JoinForm:
    return forms.JoinForm(values, email=invitation.email)


def _join(invitation: Invitation, values: Values) -> object:
    return services.join_as_new_user(invitation, **values)


def _each(fields: str, *wrong: Any) -> tuple[Values, ...]:
    return tuple({field: value} for field in fields.split() for value in wrong)


DOORS = [
    Door(
        name="accounts.change_company",
        world=factories.CustomerFactory,
        form=_company_form,
        service=_change_company,
        good={
            "legal_name": "Acme NV",
            "street": "Grote Markt 1",
            "postal_code": "2000",
            "city": "Antwerpen",
            "country": "BE",
            "is_business": True,
            "vat_number": "0417.497.106",
            "billing_email": "invoices@acme.example",
            "reference": "PO-7",
        },
        bad=(
            *_each("legal_name street postal_code city", "", "  ", LONG, NULL),
            *_each("country", "", "XX"),
            *_each("vat_number", "nonsense", "BE0417497107", "NL004495445B01", LONG, NULL, "-"),
            {"country": "US", "vat_number": "ß" * 20},
            {"vat_number": "nonsense", "country": "XX"},
            *_each("billing_email", NO_ADDRESS, LONG_ADDRESS),
            *_each("reference", LONG, NULL),
            {"legal_name": "", "city": LONG, "vat_number": "nonsense"},
        ),
    ),
    Door(
        name="accounts.create_customer",
        world=_customers,
        form=lambda _, values: forms.CustomerForm(values),
        service=_create_customer,
        good={"name": "Globex", "slug": "globex", "owner_email": "hank@globex.example"},
        bad=(
            *_each("name", "", "  ", LONG, NULL, "Acme", " Acme "),
            *_each("slug", "", "AWS--Not A Slug!", "Globex", "glo_bex", "1globex", "globex-", "glo--bex", "g" * 21),
            *_each("slug", "internal-it", "awsome", "ecs", "fargate", "acme", " acme "),
            *_each("owner_email", "", NO_ADDRESS, LONG_ADDRESS, "Erin@in4it.example"),
            {"name": "Acme", "slug": "acme", "owner_email": NO_ADDRESS},
        ),
    ),
    Door(
        name="accounts.invite",
        world=factories.CustomerFactory,
        form=lambda _, values: forms.InviteForm(values),
        service=_invite,
        good={"email": "dave@acme.example", "role": "developer"},
        bad=(*_each("email", "", NO_ADDRESS, LONG_ADDRESS, "a b@acme.example"), *_each("role", "", "emperor")),
    ),
    Door(
        name="accounts.join_as_new_user",
        world=factories.InvitationFactory,
        form=_join_form,
        service=_join,
        good={"name": "Dave", "password": "a long enough sentence"},
        bad=(
            *_each("name", "", "  ", LONG, NULL),
            *_each("password", "", "short", "password1234", "invited@example.com", f"{NULL} of zeros"),
            {"name": "", "password": "short"},
        ),
    ),
]
