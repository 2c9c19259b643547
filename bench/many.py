"""Rows that hurt: very many customers, environments of one, open tickets and audit events."""

from datetime import timedelta

from django.utils import timezone

from bench.rows import customer
from deployments.models import Placement, Service
from portal.accounts.models import Customer, Membership, User
from portal.core.models import AuditEvent
from portal.support.models import Message, Ticket
from provisioning.models import AwsAccount, Environment

A_BATCH = 1000


def fill(scale: float = 1.0) -> dict[str, User]:
    """Everything, `scale` times as much; who opens the pages: owners of large, medium and wide, engineer, finance."""
    people = {
        "large": customer("large", int(10_000 * scale), int(50_000 * scale)),
        "medium": customer("medium", int(1000 * scale), int(5000 * scale)),
        "wide": customer("wide", int(200 * scale), int(1000 * scale)),
        "engineer": User.objects.create_user("engineer@in4it.example", name="Engineer", staff_role="engineer"),
        "finance": User.objects.create_user("finance@in4it.example", name="Finance", staff_role="finance"),
    }
    large, wide = Customer.objects.get(slug="large"), Customer.objects.get(slug="wide")
    _environments(wide, people["wide"], int(500 * scale))
    _customers(int(12_000 * scale))
    _tickets(large, people["large"], int(5_500 * scale))
    _events(large, people["large"], int(100_000 * scale))
    _members(large, int(1000 * scale))
    return people


def _environments(tenant: Customer, owner: User, wanted: int) -> None:
    """In each of them a few services run."""
    account = AwsAccount.objects.get(customer=tenant)
    made = Environment.objects.bulk_create(
        Environment(
            customer=tenant, account=account, name=f"Test {n:03}", slug=f"test-{n:03}", kind="dev", region="eu-west-1",
            state="ready", created_by=owner, aws_name=f"wide-test-{n:03}", network=f"10.{n // 250}.{n % 250}.0/24",
            aws_facts={"load_balancer": "wide", "load_balancer_dns": "x"},
        )
        for n in range(wanted)
    )  # fmt: skip
    services = list(Service.objects.filter(customer=tenant)[:20])
    Placement.objects.bulk_create(
        [
            Placement(customer=tenant, service=service, environment=environment, health="healthy", running=2, desired=2)
            for environment in made
            for service in services
        ],
        batch_size=A_BATCH,
    )


def _customers(wanted: int) -> None:
    Customer.objects.bulk_create(
        [Customer(name=f"Customer {n:05}", slug=f"customer-{n:05}") for n in range(wanted)], batch_size=A_BATCH
    )


def _tickets(tenant: Customer, owner: User, wanted: int) -> None:
    """Open ones, each with a message."""
    now = timezone.now()
    made = Ticket.objects.bulk_create(
        [
            Ticket(customer=tenant, subject=f"It is slow {n}", opened_by=owner, state="open",
                   priority="high" if n % 50 == 0 else "normal", updated_at=now - timedelta(minutes=n))
            for n in range(wanted)
        ],
        batch_size=A_BATCH,
    )  # fmt: skip
    Message.objects.bulk_create(
        [Message(ticket=ticket, author=owner, from_staff=False, body="Since this morning. " * 20) for ticket in made],
        batch_size=A_BATCH,
    )


def _events(tenant: Customer, owner: User, wanted: int) -> None:
    first = timezone.now() - timedelta(minutes=wanted)
    events = (
        AuditEvent(
            customer=tenant, actor=owner, actor_name="Owner", action="service.changed", target_kind="x.service",
            target_id=str(n), target_name=f"service-{n:05}", at=first + timedelta(minutes=n),
            before={"memory": 256}, after={"memory": 512},
        )
        for n in range(wanted)
    )  # fmt: skip
    AuditEvent.objects.bulk_create(list(events), batch_size=A_BATCH)


def _members(tenant: Customer, wanted: int) -> None:
    users = User.objects.bulk_create(
        [User(email=f"member{n}@large.example", name=f"Member {n:04}") for n in range(wanted)], batch_size=A_BATCH
    )
    Membership.objects.bulk_create(
        [Membership(customer=tenant, user=user, role="viewer") for user in users], batch_size=A_BATCH
    )
