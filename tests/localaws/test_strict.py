"""Where ECS is strict, and the local AWS on request."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.localaws.conftest import start
from tests.localaws.site import LocalAws, Site, until

pytestmark = pytest.mark.localaws


@pytest.fixture
def strict(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    monkeypatch.setenv("LOCALAWS_STRICT", request.param)
    aws = start(tmp_path, "process")
    yield aws
    aws.stop()


def create(site: Site, **asked: object) -> dict:
    definition = site.define(site.image("1"))
    request = {"cluster": site.name, "serviceName": site.name, "taskDefinition": definition, "desiredCount": 0}
    return site.ecs.create_service(**request, **asked)["service"]


@pytest.mark.parametrize("strict", ["client-tokens"], indirect=True)
def test_the_same_client_token_gets_the_same_answer_and_another_one_a_refusal(strict: LocalAws):
    site = Site(strict).build()
    made = create(site, clientToken="first")

    again = create(site, clientToken="first")
    with pytest.raises(ClientError, match="not idempotent"):
        create(site, clientToken="second")

    assert (again["serviceArn"], again["createdAt"]) == (made["serviceArn"], made["createdAt"])


@pytest.mark.parametrize("strict", ["draining,client-tokens"], indirect=True)
def test_a_draining_service_cannot_be_made_again_until_it_is_inactive(strict: LocalAws):
    site = Site(strict).build()
    site.launch(site.program("1", STUBBORN="yes"), desired=1, environment=[], stopTimeout=5)
    site.settled()
    site.ecs.delete_service(cluster=site.name, service=site.name, force=True)

    with pytest.raises(ClientError, match="still Draining"):
        create(site)

    until(lambda: site.service()["status"] == "INACTIVE")
    assert create(site)["status"] == "ACTIVE"


@pytest.mark.parametrize("strict", ["service-linked-role"], indirect=True)
def test_without_its_service_linked_role_ecs_makes_no_service(strict: LocalAws):
    site = Site(strict).build()

    with pytest.raises(ClientError, match="Unable to assume the service linked role"):
        create(site)

    strict.client("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    assert create(site)["status"] == "ACTIVE"


@pytest.mark.parametrize("strict", ["late-hosts"], indirect=True)
def test_tasks_wait_for_hosts_that_come_late_and_say_so(strict: LocalAws):
    site = Site(strict).build()
    site.launch(site.image("1"), desired=1)

    assert until(lambda: "was unable to place a task because no container instance met" in site.events())
    assert site.settled()["rolloutState"] == "COMPLETED"
    assert site.events().count("unable to place a task") == 1


def test_a_strategy_that_the_local_aws_does_not_know_is_refused(process_aws: LocalAws):
    site = Site(process_aws).build()

    with pytest.raises(ClientError, match="does not know the deployment strategy BLUE_GREEN"):
        create(site, deploymentConfiguration={"strategy": "BLUE_GREEN"})
