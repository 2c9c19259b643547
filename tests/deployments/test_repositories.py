"""The image repository of a service: asked for with it, made by a worker, whatever dies or refuses meanwhile."""

import pytest
from botocore.stub import Stubber

from deployments.catalog import services
from deployments.catalog.rules import Identity, NewApplication, Settings
from deployments.models import Application, Repository, Service
from portal.core.errors import IllegalMove
from portal.core.models import AuditEvent
from portal.core.work import turns
from provisioning.aws import ecr
from provisioning.aws.session import forget_clients
from provisioning.sessions import session_for
from tests import factories
from tests.callers import by
from tests.deployments.cloud import Site
from tests.deployments.queue import WorkerKilled

pytestmark = pytest.mark.django_db
NAME = "acme/api"
URI = f"111111111111.dkr.ecr.eu-west-1.example/{NAME}"
MADE = {"repository": {"repositoryName": NAME, "repositoryUri": URI, "repositoryArn": "arn:1"}}


@pytest.fixture
def account(acme, settings):
    settings.AWS_ENDPOINT_URL, settings.ECR_REGISTRY = "http://127.0.0.1:9", ""
    return factories.AwsAccountFactory(customer=acme, access="key", access_key_id="1" * 12, secret_access_key="test")


@pytest.fixture
def aws(account):
    """What ECR answers, in this order; all of it must have been asked for."""
    with Stubber(session_for(account, "eu-west-1").client("ecr")) as stub:
        yield stub
        stub.assert_no_pending_responses()
    forget_clients()


@pytest.fixture
def register(account, queue, bob):
    """As a script does it: nothing but the service is called."""
    identity = Identity("api", account, "eu-west-1")
    return lambda: queue.send(
        services.register, account.customer, NewApplication("Shop"), identity, Settings(), by(bob)
    )


def now() -> Repository:
    return Repository.objects.get()


def test_a_service_registered_by_a_script_gets_its_repository(register, queue, aws):
    aws.add_response("create_repository", MADE)

    service = register()
    queue.work()

    assert (now().service, now().state, now().uri) == (service, "ready", URI)
    assert AuditEvent.objects.filter(action="repository.ready", customer=service.customer).exists()


def test_it_is_picked_up_when_redis_was_away(register, queue, aws):
    aws.add_response("create_repository", MADE)
    queue.away = True
    register()
    assert queue.messages == []

    queue.away = False
    turns.broker.open()
    queue.tick()
    queue.work()

    assert now().is_ready


def test_nothing_is_asked_for_when_the_service_cannot_be(register, queue):
    register()
    queue.lose()

    with pytest.raises(services.Taken):
        register()

    assert (queue.messages, Repository.objects.count(), Application.objects.count()) == ([], 1, 1)


@pytest.mark.parametrize(
    ("code", "sentence", "wait"),
    [("ThrottlingException", "AWS asked the portal to slow down", 10), ("AccessDenied", "AWS does not allow", 60)],
)
def test_what_aws_refuses_is_said_and_asked_again(register, queue, aws, code, sentence, wait):
    aws.add_client_error("create_repository", code)
    aws.add_response("create_repository", MADE)
    register()

    queue.deliver()

    assert (now().state, queue.waits) == ("wanted", [wait])
    assert str(now().problem).startswith(sentence)
    queue.work()
    assert (now().state, str(now().problem)) == ("ready", "")


@pytest.fixture
def errored(register, queue, monkeypatch):
    """A service whose repository met a bug of ours."""
    with monkeypatch.context() as bug:
        bug.setattr(ecr, "ensure_repository", lambda *_: {}["a bug"])
        service = register()
        queue.work()
    return Service.objects.get(pk=service.pk)


def test_a_fault_of_ours_is_kept_for_engineers(errored, queue):
    assert (errored.repository.state, queue.messages) == ("errored", [])
    assert "KeyError" in errored.repository.traceback


def test_after_a_fault_of_ours_it_can_be_asked_for_again(errored, browse, bob, queue, aws):
    aws.add_response("create_repository", MADE)
    client, url = browse(bob), errored.get_absolute_url()
    page = client.get(url).content.decode()

    queue.send(client.post, f"{url}repository/")
    queue.work()

    assert "Something went wrong on our side" in page
    assert f'action="{url}repository/"' in page
    assert "KeyError" not in page
    assert (now().state, now().traceback) == ("ready", "")


def test_an_engineer_sees_what_went_wrong(errored, browse, erin):
    assert "KeyError" in browse(erin).get(errored.get_absolute_url()).content.decode()


def test_a_viewer_is_not_offered_what_viewers_may_not(errored, browse, acme):
    page = browse(factories.member(acme, "viewer")).get(errored.get_absolute_url()).content.decode()

    assert "Something went wrong on our side" in page
    assert f"{errored.get_absolute_url()}repository/" not in page  # the button would be sent there


@pytest.mark.parametrize("state", ["wanted", "ready"])
def test_one_that_is_there_or_being_made_is_not_asked_for_again(bob, state):
    service = factories.ServiceFactory(repository__state=state)

    with pytest.raises(IllegalMove, match="nothing is left to try again"):
        services.ask_for_repository(service, by(bob))


@pytest.mark.localaws
def test_a_worker_killed_right_after_it_was_made_makes_no_second_one(quick_site: Site, queue, calls):
    identity = Identity("twice", quick_site.account, "eu-west-1")
    service = queue.send(
        services.register,
        quick_site.account.customer,
        NewApplication("Twice"),
        identity,
        Settings(),
        by(quick_site.user),
    )
    calls.deadly = "CreateRepository"
    with pytest.raises(WorkerKilled):
        queue.work()

    queue.lose()
    queue.tick()
    queue.work(deliveries=2)

    assert Repository.objects.get(service=service).uri == f"{quick_site.cloud.registry}/acme/twice"
    found = quick_site.session.client("ecr").describe_repositories()["repositories"]
    assert [each["repositoryName"] for each in found].count("acme/twice") == 1


@pytest.mark.parametrize(
    ("registry", "uri"),
    [("127.0.0.1:4566", f"127.0.0.1:4566/{NAME}"), ("127.0.0.1:4566/{account}", f"127.0.0.1:4566/{'1' * 12}/{NAME}")],
)
def test_it_is_named_as_docker_reaches_it(register, queue, aws, settings, registry, uri):
    settings.ECR_REGISTRY = registry
    aws.add_response("create_repository", MADE)

    register()
    queue.work()

    assert now().uri == uri
