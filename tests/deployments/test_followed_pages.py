"""The page of a deployment while the portal follows it, and the picture that stays of it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import states
from deployments.models import Deployment
from portal.core.models import Step
from portal.core.sentences import said
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def show(browse, bob, acme):
    """Opens the page of a deployment in that state; the answer, and the row after it."""

    def opened(moves=(), **fields):
        environment = factories.EnvironmentFactory(customer=acme)
        service = factories.ServiceFactory(customer=acme, account=environment.account, name="api")
        placement = factories.PlacementFactory(service=service, environment=environment)
        release = factories.ReleaseFactory(service=service, tag="v2")
        made = factories.DeploymentFactory(placement=placement, release=release, **fields)
        for to in moves:
            Step.objects.create(work_kind=made._meta.label_lower, work_id=made.pk, to_state=to, from_state="")
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


def test_a_finished_rollout_counts_the_new_tasks_alone_though_old_ones_ran_at_the_last_look(show, acme):
    seen = {
        "new": {"running": 2, "desired": 2},
        "old": {"running": 1, "desired": 0},
        "zones": [{"zone": "eu-west-1a", "healthy": 3}],
        "tasks": [{"id": "old-task", "new": False, "status": "running", "zone": "eu-west-1a"}],
    }

    answer, _ = show(state=states.SUCCEEDED, previous=factories.ReleaseFactory(tag="v1"), observed=seen)

    page = answer.content.decode()
    assert ("2 of 2" in page, "v1 (before)" in page) == (True, False)
    assert "eu-west-1a" not in page  # neither its three targets nor its task are there any more


def test_the_old_tasks_are_counted_while_they_leave_and_somebody_looks(show, acme):
    seen = {"new": {"running": 2, "desired": 2}, "old": {"running": 1, "desired": 0}}
    until = timezone.now() + timedelta(minutes=1)

    answer, _ = show(
        state=states.SUCCEEDED, previous=factories.ReleaseFactory(tag="v1"), observed=seen, watched_until=until
    )

    assert "v1 (before)" in answer.content.decode()


def test_what_was_rolled_back_shows_the_tasks_of_the_release_that_serves(show, acme):
    seen = {"new": {"running": 1, "desired": 0}, "old": {"running": 3, "desired": 2}}

    answer, _ = show(state=states.ROLLED_BACK, previous=factories.ReleaseFactory(tag="v1"), observed=seen)

    page = answer.content.decode()
    assert "v2 (new)" not in page
    assert "2 of 2" in page


def test_new_tasks_that_did_not_do_are_a_step_of_their_own(show):
    moves = (states.PREPARING, states.ROLLING, states.ROLLING_BACK)

    answer, _ = show(state=states.ROLLING_BACK, moves=moves)

    assert steps_of(answer)[-3:] == [
        "New tasks started (Done)",
        "New tasks did not work (Unhealthy)",
        "Going back (Busy)",
    ]


def test_steps_that_have_not_begun_say_so(show):
    answer, _ = show(state=states.QUEUED)

    assert steps_of(answer)[1] == "Image found (Busy)"
    assert set(steps_of(answer)[2:]) == {
        f"{step} (Not begun)"
        for step in (
            "Load balancer prepared",
            "New version described",
            "Service ready",
            "Rolling update started",
            "New tasks take over",
        )
    }


def steps_of(answer) -> list[str]:
    """The step list, as it is read out."""
    found = re.findall(r'step-label">(.*?) <span class="visually-hidden">(.*?)</span>', answer.content.decode())
    return [" ".join(pair) for pair in found]
