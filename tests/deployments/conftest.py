"""One local AWS with one environment for each way of running tasks, shared by all tests that need it."""

from collections.abc import Iterator

import pytest

from provisioning.aws.session import AwsEndpoint, AwsSession, KeyAccess, forget_clients
from provisioning.localaws import control
from tests.conftest import free_port
from tests.deployments.cloud import ACCOUNT, REGION, Cloud, Site, start
from tests.deployments.queue import Calls, Queue


@pytest.fixture(autouse=True)
def _no_aws(settings) -> None:
    """Nobody answers, unless a test has a cloud: pages and services must not need AWS. Nothing is watched after its
    success."""
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    settings.AFTER_WATCH_SECONDS = 0


def _cloud(runtime: str, factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    cloud = start(factory.mktemp("state"), runtime, free_port())
    try:
        cloud.make_environment(AwsSession(KeyAccess(ACCOUNT, "test"), REGION, AwsEndpoint(cloud.url)))
        yield cloud
    finally:
        control.stop(cloud.process)
        forget_clients()


@pytest.fixture(scope="package")
def process_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Tasks are local processes: real health checks, without a Docker engine."""
    yield from _cloud("process", tmp_path_factory)


@pytest.fixture(scope="package")
def docker_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    yield from _cloud("docker", tmp_path_factory)


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.docker)])
def cloud(request: pytest.FixtureRequest, settings) -> Cloud:
    """The local AWS, with the portal's settings pointing at it."""
    cloud: Cloud = request.getfixturevalue(f"{request.param}_cloud")
    return _use(cloud, settings)


@pytest.fixture
def quick_cloud(process_cloud: Cloud, settings) -> Cloud:
    """The local AWS for what does not depend on how tasks run."""
    return _use(process_cloud, settings)


def _use(cloud: Cloud, settings) -> Cloud:
    settings.AWS_ENDPOINT_URL = cloud.url
    settings.ECR_REGISTRY = cloud.registry
    settings.CONSUL_TASK_URL = ""
    return cloud


@pytest.fixture
def site(cloud: Cloud, acme, bob) -> Site:
    return Site(cloud, bob, acme)


@pytest.fixture
def quick_site(quick_cloud: Cloud, acme, bob) -> Site:
    return Site(quick_cloud, bob, acme)


@pytest.fixture
def queue(monkeypatch, django_capture_on_commit_callbacks) -> Queue:
    return Queue(monkeypatch, django_capture_on_commit_callbacks)


@pytest.fixture
def calls(quick_site: Site) -> Iterator[Calls]:
    counted = Calls(quick_site.session)
    yield counted
    counted.forget()
