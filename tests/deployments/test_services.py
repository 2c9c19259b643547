"""Registering services and asking for deployments: what is allowed and what is refused."""

import pytest
from django.db import IntegrityError, transaction

from deployments import states
from deployments.catalog import selectors
from deployments.catalog import services as catalog
from deployments.catalog.push import TAG, instructions
from deployments.catalog.rules import Identity, Settings
from deployments.models import Deployment, Service
from deployments.rollouts import services
from portal.core.errors import Busy, IllegalMove, UserError
from portal.core.models import AuditEvent
from tests import factories
from tests.callers import by

pytestmark = pytest.mark.django_db


@pytest.fixture
def placement(acme):
    return factories.PlacementFactory(service__customer=acme)


@pytest.fixture
def ask(placement, bob):
    release = factories.ReleaseFactory(service=placement.service)
    return lambda **fields: services.request_deployment(
        placement.service, fields.pop("environment", placement.environment), release, by(bob), **fields
    )


def test_a_requested_deployment_is_queued_with_what_it_replaces(ask, placement):
    before = factories.ReleaseFactory(service=placement.service)
    placement.release, placement.task_definition_arn = before, "task:1"
    placement.save()

    deployment = ask(note="Faster checkout")

    assert (deployment.state, deployment.previous, deployment.previous_task_definition_arn) == (
        states.QUEUED,
        before,
        "task:1",
    )
    placement.refresh_from_db()
    assert placement.latest == deployment
    assert AuditEvent.objects.get(action="deployment.requested").after["note"] == "Faster checkout"


def test_one_rollout_at_a_time_in_an_environment(ask):
    ask()

    with pytest.raises(Busy, match="is already being deployed to Development"):
        ask()
    assert Deployment.objects.count() == 1


def test_the_database_itself_holds_to_one_rollout(ask):
    first = ask()
    first.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        first.save()


def test_an_environment_that_is_not_ready_is_refused(ask, placement):
    placement.environment.state = "creating"
    placement.environment.save()

    with pytest.raises(UserError, match="Development is not ready"):
        ask()


def test_an_environment_in_another_account_is_refused(ask, acme):
    account = factories.AwsAccountFactory(customer=acme, account_id="222222222222")
    elsewhere = factories.EnvironmentFactory(customer=acme, account=account, slug="elsewhere")

    with pytest.raises(UserError, match="in another AWS account"):
        ask(environment=elsewhere)


def test_a_cancel_is_asked_for_once(ask, bob):
    deployment = ask()
    services.request_cancel(deployment, by(bob))

    with pytest.raises(IllegalMove):
        services.request_cancel(deployment, by(bob))
    assert not services.is_cancelable(deployment)


@pytest.fixture
def account(acme):
    return factories.AwsAccountFactory(customer=acme)


@pytest.fixture
def shop(acme, bob):
    return catalog.create_application(acme, "Shop", by(bob))


def register(shop, account, bob, name="api", **chosen):
    return catalog.register(shop.customer, shop, Identity(name, account, "eu-west-1"), Settings(**chosen), by(bob))


def test_a_registered_service_has_a_repository_of_its_customers_name(shop, account, bob):
    service = register(shop, account, bob, variables={"GREETING": "hello"})

    assert (service.repository.name, service.repository.state, service.repository.uri) == ("acme/api", "wanted", "")
    event = AuditEvent.objects.get(action="service.registered")
    assert event.after["variables"] == ["GREETING"]


def test_a_name_is_taken_once(shop, account, bob):
    register(shop, account, bob)

    with pytest.raises(catalog.Taken, match="There is a service api already"):
        register(shop, account, bob, path="/other/*")


def test_of_two_who_give_a_name_at_once_the_second_is_told_what_the_form_would_say(shop, account, bob, monkeypatch):
    register(shop, account, bob, path="/first/*")
    monkeypatch.setattr(selectors, "has_service", lambda *_: False)
    monkeypatch.setattr(selectors, "has_application", lambda *_: False)

    with pytest.raises(catalog.Taken) as service:
        register(shop, account, bob)
    with pytest.raises(catalog.Taken) as application:
        catalog.create_application(shop.customer, "Shop", by(bob))

    assert service.value.problems == {"name": "There is a service api already. Give this one another name."}
    sentence = "There is an application Shop already. Choose it, or give this one another name."
    assert application.value.problems == {"new_application": sentence}
    assert (service.value.code, Service.objects.count()) == ("taken", 1)


def test_two_services_cannot_answer_the_same_requests(shop, account, bob):
    register(shop, account, bob, path="/api/*")

    with pytest.raises(catalog.Taken, match="api answers requests to /api/\\* already"):
        register(shop, account, bob, name="other", path="/api/*")


def test_changed_settings_are_audited_without_values_of_variables(shop, account, bob):
    service = register(shop, account, bob, variables={"PASSPHRASE": "one"})

    catalog.change(service, Settings(memory=512, variables={"PASSPHRASE": "two"}), by(bob))

    service = Service.objects.get()
    assert (service.memory, service.variables) == (512, {"PASSPHRASE": "two"})
    event = AuditEvent.objects.get(action="service.changed")
    assert (event.before["memory"], event.after["memory"]) == (256, 512)
    assert "two" not in str(event.after)


def test_push_instructions_log_in_to_aws_first(settings):
    settings.ECR_REGISTRY = ""
    service = factories.ServiceFactory(
        repository__uri="111111111111.dkr.ecr.eu-west-1.amazonaws.com/acme/api", region="eu-west-1"
    )

    registry = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
    login = "aws ecr get-login-password --region eu-west-1 | docker login --username AWS --password-stdin"
    assert [command for _, command in instructions(service)] == [
        f"{login} {registry}",
        TAG,
        f"docker build --tag {registry}/acme/api:$TAG .",
        f"docker push {registry}/acme/api:$TAG",
    ]


def test_a_local_registry_wants_no_login(settings):
    settings.ECR_REGISTRY = "127.0.0.1:4566"
    service = factories.ServiceFactory(repository__uri="127.0.0.1:4566/acme/api")

    assert [command for _, command in instructions(service)] == [
        TAG,
        "docker build --tag 127.0.0.1:4566/acme/api:$TAG .",
        "docker push 127.0.0.1:4566/acme/api:$TAG",
    ]


def test_nothing_is_queued_for_an_environment_that_was_given_up_after_the_page_was_read(ask, placement):
    read_before = placement.environment
    type(read_before).objects.filter(pk=read_before.pk).update(state="deleting")

    with pytest.raises(UserError, match="is not ready"):
        ask(environment=read_before)

    assert not Deployment.objects.exists()
