"""Rows in real numbers: 10,000 services and 50,000 deployments of one customer, 1,000 services of another."""

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from billing.models import Invoice
from deployments.models import Application, Deployment, Placement, Release, Repository, Service
from portal.accounts.models import Customer, Membership, User
from portal.core.sentences import said
from portal.support.models import Ticket
from provisioning.models import AwsAccount, Environment

STATES = ("succeeded", "succeeded", "succeeded", "rolled_back", "failed")


def customer(slug: str, services: int, deployments: int) -> User:
    """A customer with so many rows; returns its owner."""
    now = timezone.now()
    owner = User.objects.create_user(f"owner@{slug}.example", name="Owner")
    tenant = Customer.objects.create(name=slug.title(), slug=slug)
    Membership.objects.create(customer=tenant, user=owner, role="owner")
    account = AwsAccount.objects.create(customer=tenant, name="Main", account_id="1" * 12, state="connected")
    application = Application.objects.create(customer=tenant, name="Shop", slug="shop")
    environments = [
        Environment.objects.create(
            customer=tenant, account=account, name=kind.title(), slug=kind[:4], kind=kind,
            region="eu-west-1", state="ready", created_by=owner, aws_name=f"{slug}-{kind}",
            network=f"10.{number}.0.0/16", aws_facts={"load_balancer": slug, "load_balancer_dns": "x"},
        )
        for number, kind in enumerate(("dev", "qa", "production"))
    ]  # fmt: skip
    made = Service.objects.bulk_create(
        [
            Service(
                customer=tenant,
                application=application,
                account=account,
                name=f"service-{n:05}",
            )
            for n in range(services)
        ],
        batch_size=1000,
    )
    Repository.objects.bulk_create(
        [Repository(customer=tenant, service=each, name=f"{slug}/{each}", state="ready", uri="x") for each in made],
        batch_size=1000,
    )
    releases = Release.objects.bulk_create(
        [Release(customer=tenant, service=service, digest=f"sha256:{service.pk:064x}", tag="v1") for service in made],
        batch_size=1000,
    )
    placements = Placement.objects.bulk_create(
        [
            Placement(
                customer=tenant, service=service, environment=environment, release=release, released_at=now,
                health="healthy", running=2, desired=2, observed_at=now,
            )
            for service, release in zip(made, releases, strict=True)
            for environment in environments
        ],
        batch_size=1000,
    )  # fmt: skip
    _deployments(tenant, owner, placements, deployments)
    Ticket.objects.bulk_create([Ticket(customer=tenant, subject=f"Question {n}", opened_by=owner) for n in range(500)])
    Invoice.objects.bulk_create(
        [
            Invoice(customer=tenant, period=(now - timedelta(days=31 * n)).date().replace(day=1), category="S", rate=21)
            for n in range(24)
        ],
        ignore_conflicts=True,
    )
    return owner


def _deployments(tenant: Customer, owner: User, placements: list[Placement], wanted: int) -> None:
    """One a minute until now, each placement in turn."""
    first = timezone.now() - timedelta(minutes=wanted)
    make: Callable[[int, Placement], Deployment] = lambda n, placement: Deployment(  # noqa: E731
        customer=tenant, placement=placement, service_id=placement.service_id, environment_id=placement.environment_id,
        release_id=cast("int", placement.release_id), requested_by=owner, state=STATES[n % len(STATES)], desired=2,
        created_at=first + timedelta(minutes=n), started_at=first + timedelta(minutes=n),
        finished_at=first + timedelta(minutes=n + 1), reason=said("As it ended."),
    )  # fmt: skip
    rows = (make(n, placements[n % len(placements)]) for n in range(wanted))
    Deployment.objects.bulk_create(list(rows), batch_size=1000)
    last = Deployment.objects.filter(placement=OuterRef("pk")).order_by("-id").values("pk")[:1]
    Placement.objects.filter(customer=tenant).update(latest=Subquery(last))
