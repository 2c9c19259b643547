"""What stands in the way of a deployment: the page says before the click what the service says after it."""

import pytest
from botocore.stub import Stubber

from deployments import states
from deployments.models import Deployment
from deployments.rollouts import preflight, services
from deployments.rollouts.preview import images, preview
from portal.core.errors import Busy, UserError
from provisioning.aws.session import forget_clients
from tests import factories
from tests.callers import by

pytestmark = pytest.mark.django_db


@pytest.fixture
def placement(acme):
    key = {"service__account__access": "key", "service__account__access_key_id": "1" * 12}
    return factories.PlacementFactory(service__customer=acme, service__name="api", **key)


@pytest.fixture
def release(placement):
    return factories.ReleaseFactory(service=placement.service, tag="v2")


@pytest.fixture
def aws(placement):
    """What ECR answers; nobody is asked what no test says."""
    with Stubber(preflight.looking(placement.service).client("ecr")) as stub:
        yield stub
        stub.assert_no_pending_responses()
    forget_clients()


def not_ready(placement, _aws):
    placement.environment.state = "creating"
    placement.environment.save()
    return "Development is not ready. Wait until it is, or look at what went wrong there."


def another_account(placement, _aws):
    placement.environment.account = factories.AwsAccountFactory(customer=placement.customer, account_id="2" * 12)
    placement.environment.save()
    return "The images of api are in another AWS account than Development. Choose an environment in the same account."


def under_way(placement, _aws):
    factories.DeploymentFactory(placement=placement, state=states.ROLLING)
    return "api is already being deployed to Development. Wait until that ends, or cancel it first."


def no_repository(placement, _aws):
    placement.service.repository.state = "wanted"
    placement.service.repository.save()
    return "The image repository of api does not exist yet. Try again in a moment."


def no_image(_placement, aws):
    for _ in range(2):
        aws.add_client_error("describe_images", "ImageNotFoundException")
    return "The image of v2 is not in acme/api: push it again."


OBSTACLES = (not_ready, another_account, under_way, no_repository, no_image)


def obstacles_shown(placement, release):
    there = preflight.is_there(placement.service, release.digest)
    shown = preview(placement.service, placement.environment, release.name, release.digest, is_there=there)
    assert shown.is_blocked
    return [line.text for line in shown.lines if line.state == "unhealthy"]


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_the_page_shows_what_the_service_refuses_with(placement, release, aws, bob, obstacle):
    sentence, before = obstacle(placement, aws), Deployment.objects.count()

    assert obstacles_shown(placement, release) == [sentence]
    with pytest.raises(UserError) as refused:
        services.request_deployment(placement.service, placement.environment, release, by(bob))

    assert str(refused.value) == sentence
    assert isinstance(refused.value, Busy) is (obstacle is under_way)
    assert Deployment.objects.count() == before


def test_a_rollout_that_began_after_the_page_was_read_is_refused_in_the_same_words(
    placement, release, bob, monkeypatch
):
    sentence = under_way(placement, None)
    monkeypatch.setattr(preflight, "checks", lambda *_: ())

    with pytest.raises(Busy) as refused:
        services.request_deployment(placement.service, placement.environment, release, by(bob))

    assert str(refused.value) == sentence


def test_obstacles_lead_to_where_they_can_be_looked_at(placement, release):
    not_ready(placement, None)
    under_way(placement, None)
    running = Deployment.objects.get()

    shown = preview(placement.service, placement.environment, release.name, release.digest)

    urls = [line.url for line in shown.lines if line.state == "unhealthy"]
    assert urls == [placement.environment.get_absolute_url(), running.get_absolute_url()]


def test_when_aws_cannot_be_asked_nothing_is_said_of_the_image_and_the_worker_will_see(placement, release, bob):
    there = preflight.is_there(placement.service, release.digest)
    shown = preview(placement.service, placement.environment, release.name, release.digest, is_there=there)

    assert there is None
    assert not shown.is_blocked
    assert not [line.text for line in shown.lines if "image" in line.text]
    assert services.request_deployment(placement.service, placement.environment, release, by(bob)).is_active


def test_a_repository_that_only_a_person_can_start_again_is_told_with_where(placement):
    placement.service.repository.state = "errored"

    check = preflight.repository(placement.service)

    assert check.problem == "The image repository of api could not be made. Start it again on the page of the service."
    assert check.url == placement.service.get_absolute_url()


def test_without_a_repository_there_is_nothing_to_choose_and_the_page_says_so(placement):
    sentence = no_repository(placement, None)

    assert images(placement.service).problem == sentence


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_the_rollback_page_refuses_in_the_words_it_showed(placement, release, aws, browse, bob, obstacle):
    deployed = factories.DeploymentFactory(placement=placement, release=release)
    sentence = obstacle(placement, aws)
    if obstacle is no_image:
        aws.add_client_error("describe_images", "ImageNotFoundException")
    client, url = browse(bob), f"/c/acme/deployments/{deployed.pk}/rollback/"

    page, refused = client.get(url), client.post(url, headers={"HX-Request": "true"})

    assert sentence in page.content.decode()
    assert (refused.status_code, sentence in refused.content.decode()) == (422, True)
