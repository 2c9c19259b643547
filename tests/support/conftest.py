from collections.abc import Callable

import pytest
from django.urls import reverse

from deployments.models import Deployment, StoppedTask
from portal.accounts.models import Customer, User
from portal.core.sentences import said
from portal.support import services
from portal.support.models import Ticket
from tests import factories
from tests.callers import by
from tests.conftest import free_port


@pytest.fixture(autouse=True)
def no_redis(settings) -> None:
    """Nobody answers where the queues should be, unless a test starts a Redis of its own."""
    away = f"redis://127.0.0.1:{free_port()}/0"
    settings.RQ_QUEUES = {name: {"URL": away} for name in ("mail", "documents")}


@pytest.fixture
def failed(acme: Customer, bob: User) -> Deployment:
    """Bob's rollout to Acme's production that was rolled back."""
    environment = factories.EnvironmentFactory(customer=acme, name="Production", slug="prod", kind="production")
    service = factories.ServiceFactory(customer=acme, account=environment.account, name="shop")
    placement = factories.PlacementFactory(service=service, environment=environment)
    deployment = factories.DeploymentFactory(
        placement=placement,
        requested_by=bob,
        state="rolled_back",
        reason=said("The new tasks exited with code 3."),
        release=factories.ReleaseFactory(service=service, tag="v3", digest="sha256:" + "a" * 64),
    )
    StoppedTask.objects.create(
        deployment=deployment,
        task_arn="arn:aws:ecs:eu-west-1:111111111111:task/acme-prod/0123456789abcdef",
        exit_code=3,
        stopped_reason="Essential container in task exited (arn:aws:ecs:eu-west-1:111111111111:container/1)",
        stop_code="EssentialContainerExited",
        log_lines=["starting", "DB_PASSWORD=hunter2 is wrong", "key AKIAABCDEFGHIJKLMNOP", "bye"],
    )
    return deployment


@pytest.fixture
def ticket(acme: Customer, bob: User) -> Ticket:
    """Bob's question, which waits for in4it."""
    return services.open_ticket(acme, by(bob), subject="The shop is slow", body="Since noon.").ticket


@pytest.fixture
def url() -> Callable[..., str]:
    """The address of a page of Acme."""
    return lambda name, *args: reverse(name, args=["acme", *args])
