"""The page of a deployment while the portal follows it: under way, and watched after its success."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import states
from deployments.models import Deployment
from portal.core.sentences import said
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def show(browse, bob, acme):
    """Opens the page of a deployment in that state; the answer, and the row after it."""

    def opened(**fields):
        environment = factories.EnvironmentFactory(customer=acme)
        service = factories.ServiceFactory(customer=acme, account=environment.account, name="api")
        placement = factories.PlacementFactory(service=service, environment=environment)
        release = factories.ReleaseFactory(service=service, tag="v2")
        made = factories.DeploymentFactory(placement=placement, release=release, **fields)
        answer = browse(bob).get(f"/c/acme/deployments/{made.pk}/", headers=HTMX)
        made.refresh_from_db()
        return answer, made

    return opened


@pytest.mark.parametrize(
    "fields",
    [
        {"state": states.ROLLING},
        {"state": states.SUCCEEDED, "watched_until": timezone.now() + timedelta(minutes=1)},
    ],
)
def test_who_looks_at_what_is_followed_is_noted(show, fields):
    _, deployment = show(**fields)

    assert timezone.now() - deployment.viewed_at < timedelta(minutes=1)


def test_a_page_that_stays_open_is_not_noted_each_time(show):
    before = timezone.now() - timedelta(seconds=2)

    _, deployment = show(state=states.ROLLING, viewed_at=before)

    assert deployment.viewed_at == before


def test_who_looks_at_what_is_over_is_not_noted(show):
    _, deployment = show(state=states.ROLLED_BACK)

    assert deployment.viewed_at is None


def test_a_release_that_is_watched_says_so_and_the_page_stays_live(show):
    answer, _ = show(state=states.SUCCEEDED, watched_until=timezone.now() + timedelta(minutes=1))

    assert answer.status_code == 200
    assert "Watched for a while" in answer.content.decode()
    assert 'hx-trigger="every 5s"' in answer.content.decode()


def test_a_release_that_was_quiet_is_verified_good(show):
    answer, _ = show(state=states.SUCCEEDED, verified_at=timezone.now(), reason=said("v2 serves with 2 of 2 tasks."))

    assert answer.status_code == 286
    assert "Verified good" in answer.content.decode()
    assert "v2 was watched for a while after its rollout: it is verified good." in answer.headers["HX-Trigger"]


def test_a_release_that_was_watched_by_nobody_claims_nothing(show):
    answer, _ = show(state=states.SUCCEEDED, reason=said("v2 serves with 2 of 2 tasks."))

    assert answer.status_code == 286
    assert "Verified" not in answer.content.decode()


def test_the_picture_of_a_finished_rollout_holds_no_task_of_the_release_before(show, acme):
    counts = {"running": 2, "desired": 2}
    before = factories.ReleaseFactory(tag="v1")

    answer, _ = show(state=states.SUCCEEDED, previous=before, observed={"new": counts, "old": {"running": 0}})

    assert "v2 (new)" in answer.content.decode()
    assert "v1 (before)" not in answer.content.decode()
    assert Deployment.objects.get().previous == before
