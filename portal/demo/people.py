"""The people and companies of the demonstration. Made up, and so are their addresses."""

from allauth.account.models import EmailAddress

from portal.accounts.models import Customer, Membership, Role, StaffRole, User
from portal.accounts.permissions import person
from portal.core.caller import Caller

PASSWORD = "demo-portal-2026"  # noqa: S105 - printed by the demo, valid nowhere else


def user(email: str, name: str, staff_role: str = StaffRole.NONE) -> User:
    """A demo login; made once."""
    found = User.objects.filter(email=email).first()
    if found:
        return found
    made = User.objects.create_user(email, PASSWORD, name=name, staff_role=staff_role)
    EmailAddress.objects.create(user=made, email=email, verified=True, primary=True)
    return made


def acme() -> tuple[Customer, Caller]:
    """Acme, a Belgian web shop, and its owner."""
    customer, _ = Customer.objects.get_or_create(
        slug="acme",
        defaults={
            "name": "Acme",
            "legal_name": "Acme Webshops NV",
            "street": "Grote Markt 1",
            "postal_code": "2000",
            "city": "Antwerpen",
            "country": "BE",
            "vat_number": "BE0417497106",
            "billing_email": "invoices@acme.example",
            "reference": "PO 2026-17",
        },
    )
    owner = _member(customer, "olivia@acme.example", "Olivia Peeters", Role.OWNER)
    _member(customer, "dirk@acme.example", "Dirk Janssens", Role.DEVELOPER)
    return customer, person(owner)


def tulp() -> Customer:
    """Tulp, a Dutch company with one application: its invoices bear the reverse charge."""
    customer, _ = Customer.objects.get_or_create(
        slug="tulp",
        defaults={
            "name": "Tulp",
            "legal_name": "Tulp Software B.V.",
            "street": "Keizersgracht 100",
            "postal_code": "1015 CV",
            "city": "Amsterdam",
            "country": "NL",
            "vat_number": "NL004495445B01",
            "billing_email": "facturen@tulp.example",
        },
    )
    _member(customer, "tess@tulp.example", "Tess de Vries", Role.OWNER)
    return customer


def engineer() -> Caller:
    """in4it's engineer."""
    return person(user("erik@in4it.example", "Erik Claes", StaffRole.ENGINEER))


def finance() -> Caller:
    """in4it's finance."""
    return person(user("fien@in4it.example", "Fien Maes", StaffRole.FINANCE))


def _member(customer: Customer, email: str, name: str, role: str) -> User:
    made = user(email, name)
    Membership.objects.get_or_create(customer=customer, user=made, defaults={"role": role})
    return made
