"""One of everything for Acme, by the names under which addresses ask for it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Model
from django.urls import reverse

from billing import services
from billing.models import Invoice
from billing.rules.terms import Month
from portal.accounts.models import Customer, Role, User
from portal.core import outbox
from portal.core.caller import SYSTEM
from provisioning.models import Environment
from tests import factories
from tests.access.addresses import Address

OCTOBER = Month(2026, 10)


@dataclass
class World:
    """Acme, everybody who might knock, and a row for every address.

    An address finds its row by what it is called: `pk` of "ticket_reply" is that of `rows["ticket"]` (the longest
    beginning counts), `release_pk` of any address that of `rows["release"]`; other parameters are in `values`.
    """

    customer: Customer
    people: dict[str, User | None]
    rows: dict[str, Model]
    values: dict[str, Any] = field(default_factory=dict)

    def url(self, address: Address) -> str:
        return reverse(address.name, kwargs={name: self._value(address.name, name) for name in address.parameters})

    def _value(self, url_name: str, parameter: str) -> Any:
        if parameter in self.values:
            return self.values[parameter]
        beginnings = [kind for kind in self.rows if url_name.startswith(kind)] if parameter == "pk" else []
        kind = max(beginnings, key=len, default=parameter.removesuffix("_pk").removesuffix("_id"))
        if kind in self.rows:
            return self.rows[kind].pk
        raise LookupError(
            f"The access walk does not know {parameter!r} of the address {url_name!r}:"
            f" add it to build() in tests/access/world.py, to `values` or, as a row named {url_name!r}, to `rows`."
        )


def build(acme: Customer, people: dict[str, User | None]) -> World:
    """The world of the access walk. What new addresses need is added here."""
    owner = people["owner"]
    account = factories.AwsAccountFactory(customer=acme)
    environment = factories.EnvironmentFactory(customer=acme, account=account, created_by=owner)
    _other_roles(environment, people)
    service = factories.ServiceFactory(customer=acme, account=account, name="api")
    placement = factories.PlacementFactory(service=service, environment=environment)
    deployment = factories.DeploymentFactory(placement=placement, requested_by=owner)
    ticket = factories.TicketFactory(customer=acme, opened_by=owner, deployment=deployment)
    change = factories.ConfigurationChangeFactory(
        configuration_save__service=service, configuration_save__environment=environment
    )
    subscription = factories.SubscriptionFactory(application=service.application, starts_on=date(2026, 1, 1))
    rows = {
        "member": people["viewer"].memberships.get(),
        "invitation": factories.InvitationFactory(customer=acme, invited_by=owner),
        "aws_account": account,
        "environment": environment,
        "environment_role": people["viewer"].memberships.get(),
        "application": service.application,
        "service": service,
        "release": deployment.release,
        "placement": placement,
        "deploy": deployment,
        "rollback": deployment,
        "configuration": change,
        "ticket": ticket,
        "staff_ticket": ticket,
        "subscription": subscription,
        "invoice": _invoice(acme),
        "outgoing": outbox.put("accounts.invitation", outbox.MAIL, ticket),
        "mfa": owner,  # nobody has a passkey of this number
    }
    rows["finance_invoice"] = rows["invoice"]
    values = {
        "customer_slug": acme.slug,
        "slug": environment.slug,
        "environment_slug": environment.slug,
        "name": service.name,
        "service_name": service.name,
        "application_slug": service.application.slug,
        "token": factories.INVITATION_TOKEN,
        "key": "not-a-key",
        "uidb36": "1",
    }
    return World(acme, people, rows, values)


def _other_roles(environment: Environment, people: dict[str, User | None]) -> None:
    for who, role in (("viewer here", Role.VIEWER), ("developer here", Role.DEVELOPER)):
        people[who].memberships.update(environment_roles={str(environment.pk): role})


def _invoice(customer: Customer) -> Invoice:
    """The invoice of October 2026, issued."""
    services.make_drafts(OCTOBER)
    return services.issue(Invoice.objects.get(customer=customer), SYSTEM, date(2026, 11, 2))
