"""Customers whose services are rolled out: their rows, their images, the click, and the moment it succeeded."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import boto3

from bench.stack import ACCOUNT, REGION, Stack
from deployments import states
from deployments.models import Application, Deployment, Release, Repository, Service
from deployments.rollouts import services as rollouts
from portal.accounts.models import Customer, Membership, User
from portal.core.caller import on_behalf_of
from provisioning import facts
from provisioning.localaws.sample import images
from provisioning.models import AwsAccount, Environment
from provisioning.stacks import load

WEB_THREADS = 8  # as many requests as the Procfile's web takes at once
LOOK_SECONDS = 0.02
CONTAINER = {"memory": 64, "cpu": 16, "health_check": "none", "start_seconds": 30}

_numbers = count(1)


class NotSucceeded(Exception):
    """A rollout that the bench started ended otherwise, or not in time; the message says which and why."""


@dataclass
class Site:
    """One customer with one AWS account, reached by a key."""

    slug: str
    account_id: str
    environments: list[Environment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.user = User.objects.create_user(f"owner@{self.slug}.example", name="Owner")
        self.customer = Customer.objects.create(name=self.slug.title(), slug=self.slug)
        Membership.objects.create(customer=self.customer, user=self.user, role="owner")
        key = {"access": "key", "access_key_id": self.account_id, "secret_access_key": "any"}
        self.account = AwsAccount.objects.create(
            customer=self.customer, name="Main", account_id=self.account_id, state="connected", **key
        )
        self.application = Application.objects.create(customer=self.customer, name="Shop", slug="shop")

    def add_environment(self, name: str, aws_facts: dict[str, str]) -> Environment:
        """A ready one."""
        made = Environment.objects.create(
            customer=self.customer, account=self.account, name=name, slug=name, kind="dev", region=REGION,
            state="ready", created_by=self.user, aws_name=f"{self.slug}-{name}",
            network=f"10.{len(self.environments)}.0.0/16", aws_facts=aws_facts,
        )  # fmt: skip
        self.environments.append(made)
        return made

    def add_service(self, name: str, count: int, registry: str, exposure: str = "internal") -> Service:
        """One with a repository that is ready."""
        service = Service.objects.create(
            customer=self.customer, application=self.application, account=self.account, region=REGION, name=name,
            count=count, exposure=exposure, path=f"/{name}/*", health_path=f"/{name}/health", **CONTAINER,
        )  # fmt: skip
        repository = f"{self.slug}/{name}"
        Repository.objects.create(
            customer=self.customer, service=service, name=repository, uri=f"{registry}/{repository}", state="ready"
        )
        return service

    def click(self, service: Service, environment: Environment, digest: str) -> Deployment:
        """What the page does when somebody deploys that image."""
        return rollouts.deploy_image(service, environment, digest, on_behalf_of(self.user))

    def release(self, service: Service) -> Release:
        """One whose image the account is said to have."""
        digest = f"sha256:{next(_numbers):064x}"
        return Release.objects.create(customer=self.customer, service=service, digest=digest, tag=f"v{digest[-8:]}")


class Home(Site):
    """The customer whose tasks the local AWS really runs, in one environment made by CloudFormation."""

    def __init__(self, stack: Stack, exposure: str) -> None:
        super().__init__("acme", ACCOUNT)
        self.stack, self.exposure = stack, exposure
        self.pool = ThreadPoolExecutor(WEB_THREADS)
        self.environment = self.add_environment("dev", self._make_environment())
        self.cluster = facts.cluster_of(self.environment)

    def aws(self, service: str) -> Any:
        """A client of the local AWS by no door that counts."""
        key = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "any"}
        return boto3.client(service, endpoint_url=self.stack.aws_url, region_name=REGION, **key)

    def add(self, name: str, count: int) -> Service:
        """A service whose repository exists."""
        service = self.add_service(name, count, self.stack.registry, self.exposure)
        self.aws("ecr").create_repository(repositoryName=service.repository.name)
        return service

    def push(self, service: Service) -> str:
        """The digest of an image that nobody has seen before."""
        version = f"v{next(_numbers)}"
        return images.push_sample(
            self.stack.registry, service.repository.name, version, version=version, runtime="process"
        )

    def click_all(self, wanted: Iterable[tuple[Service, str]]) -> list[Deployment]:
        """So many people at once; each service with its image."""
        return list(self.pool.map(lambda pair: self.click(pair[0], self.environment, pair[1]), wanted))

    def _make_environment(self) -> dict[str, str]:
        cloudformation = self.aws("cloudformation")
        names = {"EnvironmentName": "acme-dev", "Kind": "dev"}
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in names.items()]
        cloudformation.create_stack(
            StackName="acme-dev",
            TemplateBody=load("environment").body,
            Parameters=parameters,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName="acme-dev", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        outputs = cloudformation.describe_stacks(StackName="acme-dev")["Stacks"][0]["Outputs"]
        return facts.read({each["OutputKey"]: each["OutputValue"] for each in outputs})


def far(site: Site, name: str) -> Environment:
    """An environment of which AWS is only imagined (bench/fake_ecs.py)."""
    said = {fact: f"{fact}-of-{name}" for fact in facts.OUTPUTS}
    return site.add_environment(name, said | {"cluster": f"{site.slug}-{name}"})


def succeeded(deployments: Iterable[Deployment], seconds: float) -> dict[str, float]:
    """When (time.time()) each was seen to have succeeded, by its service's name. Raises NotSucceeded."""
    waiting = {each.pk: each.service.name for each in deployments}
    seen: dict[str, float] = {}
    deadline = time.time() + seconds
    while waiting:
        _look(waiting, seen)
        if waiting and time.time() > deadline:
            raise NotSucceeded(f"{len(waiting)} of {len(waiting) + len(seen)} are not over after {seconds:.0f} s")
        time.sleep(LOOK_SECONDS)
    return seen


def _look(waiting: dict[int, str], seen: dict[str, float]) -> None:
    over = Deployment.objects.filter(pk__in=list(waiting), state__in=states.ENDED)
    for pk, state, reason in over.values_list("pk", "state", "reason"):
        if state != states.SUCCEEDED:
            raise NotSucceeded(f"{waiting[pk]} is {state}: {reason}")
        seen[waiting.pop(pk)] = time.time()


def rolling(deployments: Iterable[Deployment], seconds: float) -> None:
    """Waits until ECS is rolling all of them. Raises NotSucceeded."""
    wanted = {each.pk for each in deployments}
    deadline = time.time() + seconds
    while Deployment.objects.filter(pk__in=wanted, state=states.ROLLING).count() < len(wanted):
        if time.time() > deadline:
            raise NotSucceeded(f"not all of {len(wanted)} were rolling after {seconds:.0f} s")
        time.sleep(0.2)
