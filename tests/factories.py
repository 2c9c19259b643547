"""Rows as tests want them: valid, small, with what matters to the test given by name."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from billing.models import Plan, Subscription
from deployments.models import (
    Application,
    ConfigurationChange,
    ConfigurationSave,
    Deployment,
    Placement,
    Release,
    Repository,
    Service,
)
from portal.accounts.models import Customer, Invitation, Membership, User
from portal.accounts.services import hash_of
from portal.support.models import Ticket
from provisioning import facts
from provisioning import states as environment_states
from provisioning.accounts import states as account_states
from provisioning.changes import states as change_states
from provisioning.models import AwsAccount, Environment, Stack, StackChange


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    name = factory.Sequence(lambda n: f"User {n}")


class CustomerFactory(DjangoModelFactory):
    class Meta:
        model = Customer

    name = factory.Sequence(lambda n: f"Customer {n}")
    slug = factory.Sequence(lambda n: f"customer-{n}")
    legal_name = factory.LazyAttribute(lambda o: f"{o.name} NV")
    street = "Grote Markt 1"
    postal_code = "2000"
    city = "Antwerpen"
    country = "BE"
    vat_number = "BE0417497106"
    billing_email = "invoices@customer.example"


def member(customer: Customer, role: str, **fields: Any) -> User:
    """A user who is a member of `customer`."""
    user = UserFactory(**fields)
    Membership.objects.create(customer=customer, user=user, role=role)
    return user


class AwsAccountFactory(DjangoModelFactory):
    class Meta:
        model = AwsAccount

    customer = factory.SubFactory(CustomerFactory)
    name = "Main"
    account_id = "111111111111"
    external_id = "in4it-test-external-id"
    state = account_states.CONNECTED


OUTPUTS = {
    "VpcId": "vpc-1",
    "ClusterName": "acme-dev",
    "ClusterArn": "arn:aws:ecs:eu-west-1:111111111111:cluster/acme-dev",
    "CapacityProviderName": "acme-dev",
    "LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/acme-dev/1",
    "LoadBalancerName": "acme-dev",
    "LoadBalancerDnsName": "acme-dev.elb.example",
    "ListenerArn": "arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/acme-dev/1/2",
    "LogGroupName": "/in4it/acme-dev",
    "TaskExecutionRoleArn": "arn:aws:iam::111111111111:role/execution",
    "TaskRoleArn": "arn:aws:iam::111111111111:role/task",
}


class EnvironmentFactory(DjangoModelFactory):
    class Meta:
        model = Environment

    customer = factory.SubFactory(CustomerFactory)
    account = factory.SubFactory(AwsAccountFactory, customer=factory.SelfAttribute("..customer"))
    name = "Development"
    slug = "dev"
    kind = Environment.Kind.DEV
    region = "eu-west-1"
    network = factory.Sequence(lambda n: f"10.{n % 256}.0.0/16")
    state = environment_states.READY
    created_by = factory.SubFactory(UserFactory)
    aws_name = factory.LazyAttribute(lambda o: f"{o.customer.slug}-{o.slug}")
    aws_facts = factory.LazyFunction(lambda: facts.read(OUTPUTS))


class StackFactory(DjangoModelFactory):
    class Meta:
        model = Stack

    environment = factory.SubFactory(EnvironmentFactory)
    customer = factory.SelfAttribute("environment.customer")
    template = "environment"
    name = factory.SelfAttribute("environment.aws_name")
    outputs = factory.LazyFunction(lambda: dict(OUTPUTS))


class StackChangeFactory(DjangoModelFactory):
    class Meta:
        model = StackChange

    stack = factory.SubFactory(StackFactory)
    environment = factory.SelfAttribute("stack.environment")
    customer = factory.SelfAttribute("stack.customer")
    kind = change_states.UPDATE
    state = change_states.QUEUED
    requested_by = factory.SubFactory(UserFactory)


def carried(environment: Environment, kind: str = change_states.CREATE, **fields: Any) -> StackChange:
    """The change that the environment's life depends on, of its main stack."""
    stack = Stack.objects.filter(environment=environment).first() or StackFactory(environment=environment)
    environment.change = StackChangeFactory(stack=stack, environment=environment, kind=kind, **fields)
    environment.save(update_fields=["change"])
    return environment.change


class ApplicationFactory(DjangoModelFactory):
    class Meta:
        model = Application

    customer = factory.SubFactory(CustomerFactory)
    name = factory.Sequence(lambda n: f"Shop {n}")
    slug = factory.Sequence(lambda n: f"shop-{n}")


class ServiceFactory(DjangoModelFactory):
    """With its image repository, which is ready unless the test says otherwise: repository__state="wanted"."""

    class Meta:
        model = Service
        skip_postgeneration_save = True

    customer = factory.SubFactory(CustomerFactory)
    application = factory.SubFactory(ApplicationFactory, customer=factory.SelfAttribute("..customer"))
    account = factory.SubFactory(AwsAccountFactory, customer=factory.SelfAttribute("..customer"))
    name = factory.Sequence(lambda n: f"api{n}")
    repository = factory.RelatedFactory("tests.factories.RepositoryFactory", factory_related_name="service")


class RepositoryFactory(DjangoModelFactory):
    class Meta:
        model = Repository

    service = factory.SubFactory(ServiceFactory, repository=None)
    customer = factory.SelfAttribute("service.customer")
    name = factory.LazyAttribute(lambda o: f"{o.customer.slug}/{o.service.name}")
    state = "ready"
    uri = factory.LazyAttribute(
        lambda o: f"111111111111.dkr.ecr.eu-west-1.example/{o.name}" if o.state == "ready" else ""
    )


class ReleaseFactory(DjangoModelFactory):
    class Meta:
        model = Release

    service = factory.SubFactory(ServiceFactory)
    customer = factory.SelfAttribute("service.customer")
    digest = factory.Sequence(lambda n: f"sha256:{n:064x}")
    tag = factory.Sequence(lambda n: f"v{n}")


def environment_of_service() -> factory.SubFactory:
    """An environment in the account of the row's service."""
    return factory.SubFactory(
        EnvironmentFactory,
        customer=factory.SelfAttribute("..customer"),
        account=factory.SelfAttribute("..service.account"),
    )


class PlacementFactory(DjangoModelFactory):
    class Meta:
        model = Placement

    service = factory.SubFactory(ServiceFactory)
    customer = factory.SelfAttribute("service.customer")
    environment = environment_of_service()


class DeploymentFactory(DjangoModelFactory):
    class Meta:
        model = Deployment

    placement = factory.SubFactory(PlacementFactory)
    service = factory.SelfAttribute("placement.service")
    environment = factory.SelfAttribute("placement.environment")
    customer = factory.SelfAttribute("placement.customer")
    release = factory.SubFactory(ReleaseFactory, service=factory.SelfAttribute("..service"))
    requested_by = factory.SubFactory(UserFactory)
    state = "succeeded"
    desired = 2


class ConfigurationSaveFactory(DjangoModelFactory):
    class Meta:
        model = ConfigurationSave

    service = factory.SubFactory(ServiceFactory)
    customer = factory.SelfAttribute("service.customer")
    environment = environment_of_service()
    author = factory.SubFactory(UserFactory)
    reason = "Find it"
    state = ConfigurationSave.State.SAVED


class ConfigurationChangeFactory(DjangoModelFactory):
    class Meta:
        model = ConfigurationChange

    configuration_save = factory.SubFactory(ConfigurationSaveFactory)
    key = "level"
    action = ConfigurationChange.Action.CHANGE
    before = "info"
    after = "debug"


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    customer = factory.SubFactory(CustomerFactory)
    user = factory.SubFactory(UserFactory)
    role = "viewer"


INVITATION_TOKEN = "a-token-of-the-tests"


class InvitationFactory(DjangoModelFactory):
    """An open invitation, of INVITATION_TOKEN."""

    class Meta:
        model = Invitation

    customer = factory.SubFactory(CustomerFactory)
    email = factory.Sequence(lambda n: f"invited{n}@example.com")
    role = "developer"
    token_hash = hash_of(INVITATION_TOKEN)
    invited_by = factory.SubFactory(UserFactory)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


class TicketFactory(DjangoModelFactory):
    class Meta:
        model = Ticket

    customer = factory.SubFactory(CustomerFactory)
    subject = "The shop is slow"
    opened_by = factory.SubFactory(UserFactory)


class PlanFactory(DjangoModelFactory):
    class Meta:
        model = Plan
        django_get_or_create = ("code",)

    code = "basic-support"
    name = "Basic Support"
    price = "250.00"


class SubscriptionFactory(DjangoModelFactory):
    class Meta:
        model = Subscription

    application = factory.SubFactory(ApplicationFactory)
    customer = factory.SelfAttribute("application.customer")
    plan = factory.SubFactory(PlanFactory)
    starts_on = factory.LazyFunction(lambda: timezone.localdate().replace(day=1))
