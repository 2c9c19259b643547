"""Olivia, the owner of Acme: she asks through the pages; the database says what came of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import boto3
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password

from deployments import states
from deployments.models import Deployment, Repository, Service
from portal.accounts.models import Customer, User
from provisioning import states as environment_states
from provisioning.localaws.sample.images import push_sample
from provisioning.models import AwsAccount, Environment
from tests import factories
from tests.e2e.stack import Stack
from tests.e2e.visitor import Visitor, moved_on

ACCOUNT, REGION = "111111111111", "eu-west-1"
EMAIL, PASSWORD = "olivia@acme.example", "a long enough sentence"
PATIENCE = 90  # seconds for anything that workers do

T = TypeVar("T")
_numbers = count(1)


def until(what: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Waits for a condition; its value."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"not so within {seconds:.0f} seconds: {what}"
        time.sleep(0.1)
    return found


@dataclass
class Olivia:
    stack: Stack
    customer: Customer
    browser: Visitor

    @property
    def home(self) -> str:
        return f"/c/{self.customer.slug}"

    @property
    def account(self) -> AwsAccount:
        return AwsAccount.objects.get(customer=self.customer, account_id=ACCOUNT)

    def aws(self, service: str) -> Any:
        """The customer's own client."""
        keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "test"}
        url = f"http://127.0.0.1:{self.stack.aws_port}"
        return boto3.client(service, endpoint_url=url, region_name=REGION, **keys)

    def connect(self, **values: str) -> str:
        """Connects an AWS account by its key; the address of its page."""
        key = {"access": "key", "access_key_id": ACCOUNT, "secret_access_key": "test"}
        entered = {"name": "Main", "account_id": ACCOUNT, **key, **values}
        page = moved_on(self.browser.fill(f"{self.home}/aws-accounts/new/", **entered))
        path = page.url.removeprefix(self.stack.url)
        self.browser.press(f"{path}test/")
        return path

    def plan(self, name: str, kind: str = "dev") -> Environment:
        """Asks for an environment."""
        values = {"name": name, "kind": kind, "region": REGION, "size": "small", "account": self.account.pk}
        moved_on(self.browser.fill(f"{self.home}/environments/new/", **values))
        return Environment.objects.get(customer=self.customer, name=name)

    def approve(self, environment: Environment) -> None:
        self.browser.press(f"{self.home}/environments/{environment.slug}/approve/")

    def environment(self) -> Environment:
        """One in which services can be deployed; made at the first call."""
        found = Environment.objects.filter(customer=self.customer, name="Shared").first()
        if found:
            return found
        made = arrived(self.plan("Shared"), environment_states.PLANNED)
        self.approve(made)
        return arrived(made, environment_states.READY)

    def register(self, **settings: Any) -> Service:
        """A service that no other test knows, with its image repository; `settings` as in the form."""
        name = f"web{next(_numbers)}"
        values = {"path": f"/{name}/*", "health_path": f"/{name}/health", "cpu": 64, "memory": 128, "count": 2}
        values["overlap_seconds"] = 0  # else every rollout takes longer, by what the form proposes
        values.update(settings)
        chosen = {"new_application": name, "account": self.account.pk, "region": REGION, "exposure": "public"}
        moved_on(self.browser.fill(f"{self.home}/services/new/", name=name, **values, **chosen))
        service = Service.objects.get(customer=self.customer, name=name)
        until(lambda: Repository.objects.filter(service=service, state="ready").exists())
        return service

    def push(self, service: Service, version: str, fault: str = "") -> str:
        """Pushes the sample application; its digest."""
        host, _, name = service.repository.uri.partition("/")
        return push_sample(host, name, version, version=version, fault=fault, runtime="process")

    def deploy(self, service: Service, version: str) -> Deployment:
        """Asks for a rollout of a freshly pushed version."""
        return self.roll_out(service, self.environment(), self.push(service, version), version)

    def roll_out(self, service: Service, environment: Environment, digest: str, note: str) -> Deployment:
        """Asks for a rollout of an image that is there; `note` tells it from the service's others."""
        path = f"{self.home}/services/{service.name}/deploy/"
        moved_on(self.browser.fill(path, image=digest, environment=environment.slug, note=note))
        return Deployment.objects.get(service=service, environment=environment, note=note)


def arrived(row: Any, *wanted: str) -> Any:
    """Waits until a piece of work is in one of these states; fails at once when it ended elsewhere."""

    def there() -> bool:
        row.refresh_from_db()
        assert row.state in wanted or row.state not in {"failed", "errored", *states.ENDED}, (
            row.state,
            str(row.reason),
            row.traceback,
        )
        return row.state in wanted

    until(there)
    return row


def moves(row: Any) -> list[str]:
    """Every state a piece of work has moved to, in order."""
    return [step.to_state for step in row.steps]


def settle(stack: Stack) -> Olivia:
    """Olivia, logged in, with the AWS account of Acme connected; she and Acme are made at the first call."""
    customer = Customer.objects.filter(slug="acme").first() or _found(stack)
    browser = Visitor(stack.url)
    moved_on(browser.log_in(EMAIL, PASSWORD))
    olivia = Olivia(stack, customer, browser)
    if not AwsAccount.objects.filter(customer=customer).exists():
        olivia.connect()
    return olivia


def _found(stack: Stack) -> Customer:
    customer = factories.CustomerFactory(name="Acme", slug="acme")
    user: User = factories.member(customer, "owner", name="Olivia", email=EMAIL)
    user.password = make_password(PASSWORD, hasher=PBKDF2PasswordHasher())  # as the portal checks it, not the tests
    user.save()
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    return customer
