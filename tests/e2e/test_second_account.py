"""A second AWS account in the demo: connected by the button alone, it takes a push and serves."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deployments import states
from deployments.models import Deployment, Repository, Service
from provisioning import states as environment_states
from provisioning.localaws.sample.images import push_sample
from provisioning.models import AwsAccount, Environment
from tests.e2e.database import looking_into
from tests.e2e.olivia import REGION, Olivia, arrived, settle, until
from tests.e2e.stack import Stack
from tests.e2e.visitor import moved_on

pytestmark = [pytest.mark.redis, pytest.mark.localaws, pytest.mark.xdist_group("second-account")]

SECOND = "222222222222"


class Demo(Stack):
    """The portal as bin/demo starts it."""

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"DEMO": self.runtime, "DEBUG": "false"}


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.docker)])
def olivia(request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker) -> Iterator[Olivia]:
    demo = Demo(tmp_path, f"sqlite:///{tmp_path / 'portal.sqlite3'}", request.param)
    try:
        demo.start()
        with django_db_blocker.unblock(), looking_into(demo.database_url):
            yield settle(demo)
    finally:
        demo.stop()


def connected(olivia: Olivia) -> AwsAccount:
    """The second account, whose role the button makes; before, the test of the connection says what is missing."""
    form = {"name": "Second", "account_id": SECOND, "access": "role", "role_name": "in4it-portal"}
    page = moved_on(olivia.browser.fill(f"{olivia.home}/aws-accounts/new/", **form))
    path = page.url.removeprefix(olivia.stack.url)
    account = AwsAccount.objects.get(customer=olivia.customer, account_id=SECOND)
    assert "Either the role does not exist" in olivia.browser.press(f"{path}test/").text
    assert f'action="{path}role/"' in page.text

    moved_on(olivia.browser.press(f"{path}role/"))
    olivia.browser.press(f"{path}test/")
    account.refresh_from_db()
    assert account.state == "connected", account.checks
    return account


def environment_in(olivia: Olivia, account: AwsAccount) -> Environment:
    values = {"name": "Far", "kind": "dev", "region": REGION, "size": "small", "account": account.pk}
    moved_on(olivia.browser.fill(f"{olivia.home}/environments/new/", **values))
    environment = arrived(Environment.objects.get(name="Far"), environment_states.PLANNED)
    olivia.approve(environment)
    return arrived(environment, environment_states.READY)


def bakery_in(olivia: Olivia, account: AwsAccount) -> Service:
    values = {"path": "/*", "health_path": "/health", "cpu": 64, "memory": 128, "count": 1, "exposure": "public"}
    chosen = {"new_application": "Bakery", "account": account.pk, "region": REGION}
    moved_on(olivia.browser.fill(f"{olivia.home}/services/new/", name="bakery", **values, **chosen))
    service = Service.objects.get(name="bakery")
    until(lambda: Repository.objects.filter(service=service, state="ready").exists())
    service.repository.refresh_from_db()
    return service


def push_as_shown(olivia: Olivia, service: Service) -> str:
    """The page shows where to; with Docker it is Docker that pushes. The digest."""
    uri = service.repository.uri
    assert f"docker push {uri}:$TAG" in olivia.browser.open(f"{olivia.home}/services/{service.name}/").text
    host, _, name = uri.partition("/")
    assert (host, name.partition("/")[0]) == (f"127.0.0.1:{olivia.stack.aws_port}", SECOND)
    if olivia.stack.runtime == "docker":
        push_sample(host, name, "base", version="v1", runtime="docker")
        for command in (["pull", f"{uri}:base"], ["tag", f"{uri}:base", f"{uri}:v1"], ["push", f"{uri}:v1"]):
            subprocess.run(["docker", *command], check=True, capture_output=True)
        subprocess.run(["docker", "rmi", f"{uri}:base", f"{uri}:v1"], check=True, capture_output=True)
    return push_sample(host, name, "v1", version="v1", runtime=olivia.stack.runtime)


def test_a_second_account_takes_a_push_and_serves(olivia: Olivia):
    account = connected(olivia)
    environment, service = environment_in(olivia, account), bakery_in(olivia, account)
    digest = push_as_shown(olivia, service)

    path = f"{olivia.home}/services/{service.name}/deploy/"
    moved_on(olivia.browser.fill(path, image=digest, environment=environment.slug, note="v1"))
    arrived(Deployment.objects.get(service=service), states.SUCCEEDED)

    environment.refresh_from_db()
    name = environment.aws_facts["load_balancer"]
    address = f"http://127.0.0.1:{olivia.stack.aws_port}/_alb/{SECOND}/{name}/"
    assert address in olivia.browser.open(f"{olivia.home}/environments/{environment.slug}/").text
    answer = requests.get(address, timeout=30)
    assert (answer.status_code, "v1" in answer.text) == (200, True)
