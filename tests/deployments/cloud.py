"""A customer's service on the local AWS, deployed and followed through the portal's own tasks, without a broker."""

import json
import secrets
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from deployments import states, tasks
from deployments.catalog import services as catalog
from deployments.catalog.rules import Identity, Settings
from deployments.models import ClusterWatch, Deployment, Placement, Service
from deployments.rollouts import services
from provisioning import facts
from provisioning.aws import cloudformation
from provisioning.aws.session import AwsSession
from provisioning.localaws import control
from provisioning.localaws.sample import images
from provisioning.models import AwsAccount, Environment
from provisioning.sessions import session_for
from provisioning.stacks import load
from tests import factories
from tests.callers import by

ACCOUNT, REGION, STACK = "111111111111", "eu-west-1", "acme-dev"
PATIENCE = 60  # seconds for a rollout to end

_numbers = count(1)


@dataclass
class Cloud:
    """A running local AWS with one environment in it."""

    port: int
    runtime: str
    process: subprocess.Popen[bytes]
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def registry(self) -> str:
        return f"127.0.0.1:{self.port}"

    def make_environment(self, session: AwsSession) -> None:
        parameters = {"EnvironmentName": STACK, "Kind": "dev"}
        plan = cloudformation.create_change_set(
            session, STACK, load("environment").body, parameters, {}, token=secrets.token_hex(8)
        )
        until(lambda: cloudformation.describe_change_set(session, STACK, plan).is_ready)
        cloudformation.execute_change_set(session, STACK, plan, secrets.token_hex(8))
        until(lambda: self._stack(session).is_complete)
        self.outputs = self._stack(session).outputs

    def _stack(self, session: AwsSession) -> cloudformation.StackState:
        stack = cloudformation.describe_stack(session, STACK)
        assert stack
        assert not stack.is_failed, stack
        return stack


def until(what: Any) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = what()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"not true within {PATIENCE} seconds")


class Site:
    """A registered service in a ready environment."""

    def __init__(self, cloud: Cloud, user: Any, customer: Any, **chosen: Any) -> None:
        self.cloud, self.user = cloud, user
        self.account = AwsAccount.objects.filter(customer=customer).first() or factories.AwsAccountFactory(
            customer=customer, access="key", access_key_id=ACCOUNT, secret_access_key="test"
        )
        self.environment = Environment.objects.filter(customer=customer).first() or factories.EnvironmentFactory(
            customer=customer,
            account=self.account,
            aws_facts=facts.read(cloud.outputs),
            aws_name=STACK,
            created_by=user,
        )
        name = f"web{next(_numbers)}"
        application = catalog.create_application(customer, f"Shop {name}", by(user))
        identity = Identity(name, self.account, REGION, exposure=chosen.pop("exposure", Service.Exposure.PUBLIC))
        settings = Settings(
            **{"path": f"/{name}/*", "health_path": f"/{name}/health", "memory": 128, "cpu": 64, "start_seconds": 3}
            | chosen
        )
        self.service = catalog.register(customer, application, identity, settings, by(user))
        tasks.make_repository(self.service.repository.pk, 0)
        self.service.repository.refresh_from_db()

    @property
    def session(self) -> AwsSession:
        return session_for(self.account, REGION)

    def push(self, version: str, fault: str = "") -> str:
        return images.push_sample(
            self.cloud.registry,
            self.service.repository.name,
            version,
            version=version,
            fault=fault,
            runtime=self.cloud.runtime,
        )

    def request(self, version: str, fault: str = "") -> Deployment:
        digest = self.push(version, fault)
        return services.deploy_image(self.service, self.environment, digest, by(self.user))

    def deploy(self, version: str, fault: str = "") -> Deployment:
        return finish(self.request(version, fault))

    @property
    def placement(self) -> Placement:
        return Placement.objects.get(service=self.service, environment=self.environment)

    def answer(self) -> Mapping[str, Any]:
        """What the service answers through the load balancer."""
        url = f"{self.cloud.url}/_alb/{self.cloud.outputs['LoadBalancerName']}/{self.service.name}/"
        with urllib.request.urlopen(url, timeout=10) as response:
            return dict(json.load(response))


def step(deployment: Deployment) -> None:
    """The next turn of the deployment's environment, as a worker would take it."""
    watch = ClusterWatch.of(deployment.environment_id)
    tasks.watch_cluster(watch.pk, watch.seq)


def until_state(deployment: Deployment, *wanted: str) -> Deployment:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        deployment.refresh_from_db()
        if deployment.state in wanted:
            return deployment
        assert deployment.is_active, (deployment.state, str(deployment.reason), deployment.traceback)
        step(deployment)
        if deployment.state in states.WATCHED:
            time.sleep(0.2)
    raise AssertionError(f"{deployment} is still {deployment.state}: {deployment.reason} {deployment.problem}")


def finish(deployment: Deployment) -> Deployment:
    return until_state(deployment, *states.ENDED)


def start(state_dir: Any, runtime: str, port: int) -> Cloud:
    with (state_dir / "log.txt").open("ab") as log, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALAWS_LONGEST_GRACE", "5")  # the sample starts at once: a broken release need not take minutes
        process = control.start(port, state_dir, runtime, 0.0, log=log)
    try:
        said = control.wait_ready(port)
    except control.NotReadyError:
        control.stop(process)
        raise
    return Cloud(port, said.runtime, process)
