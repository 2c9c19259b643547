"""What does not answer leads every page that should say so, is gone when it is over, and asks nobody in vain."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from deployments.models import Deployment, Placement
from deployments.rollouts import refresh
from portal.core.models import AuditEvent
from portal.core.sentences import said
from provisioning.aws.ecs import states as ecs
from tests import factories

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 27, 17, 49, tzinfo=UTC)  # 18:49 in Brussels


@pytest.fixture
def production(acme):
    """Production with the services api, mail and shop, which answer."""
    place = factories.EnvironmentFactory(customer=acme, name="Production", slug="production", kind="production")
    for name in ("api", "mail", "shop"):
        service = factories.ServiceFactory(customer=acme, account=place.account, name=name)
        factories.PlacementFactory(
            service=service,
            environment=place,
            release=factories.ReleaseFactory(service=service, tag="v2"),
            ecs_service_name=name,
            running=2,
            desired=2,
            health="healthy",
        )
    return place


def look(monkeypatch, place, **running: int) -> None:
    """One look at the cluster, in which so many tasks of two run."""
    counts = {"api": 2, "mail": 2, "shop": 2, **running}
    states = {name: ecs.service_state(_described(name, count)) for name, count in counts.items()}
    monkeypatch.setattr(refresh, "session_for", lambda *_: None)
    monkeypatch.setattr(refresh.ecs, "describe_services", lambda *_: states)
    refresh.refresh(place)


def _described(name: str, running: int) -> Any:
    deployment = {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "taskDefinition": "",
        "desiredCount": 2,
        "runningCount": running,
        "rolloutState": "COMPLETED",
        "createdAt": AT,
        "updatedAt": AT,
    }
    return {
        "serviceArn": name,
        "serviceName": name,
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": running,
        "pendingCount": 0,
        "deployments": [deployment],
    }


def shown(browse, user, url: str) -> str:
    return " ".join(browse(user).get(url).content.decode().split())


def test_two_services_without_tasks_lead_the_overview_the_cockpit_and_the_fleet(
    browse, alice, erin, production, monkeypatch, time_machine
):
    time_machine.move_to(AT, tick=False)
    look(monkeypatch, production, api=0, shop=0)
    sentence = "api and shop do not answer in Production, since 18:49."

    assert sentence in shown(browse, alice, "/c/acme/")
    assert sentence in shown(browse, erin, "/staff/cockpit/")
    for user, url in (
        (erin, "/staff/fleet/"),
        (alice, "/c/acme/environments/"),
        (alice, "/c/acme/environments/production/"),
    ):
        assert "2 of 3 do not answer" in shown(browse, user, url), url
    grid = shown(browse, alice, "/c/acme/services/")
    assert grid.index(">api</a>") < grid.index(">shop</a>") < grid.index(">mail</a>")
    assert "Does not answer since" in shown(browse, alice, "/c/acme/services/shop/")


def test_it_is_gone_everywhere_at_the_next_look_when_it_is_over(browse, alice, erin, production, monkeypatch):
    look(monkeypatch, production, api=0, shop=0)
    look(monkeypatch, production)

    for user, url in ((alice, "/c/acme/"), (erin, "/staff/cockpit/"), (erin, "/staff/fleet/")):
        assert "not answer" not in shown(browse, user, url).replace("What does not answer,", ""), url


def test_how_long_it_lasts_counts_from_the_first_look(production, monkeypatch, time_machine):
    time_machine.move_to(AT, tick=False)
    look(monkeypatch, production, shop=0)
    time_machine.move_to(AT + timedelta(minutes=9), tick=False)
    look(monkeypatch, production, shop=0)

    assert Placement.objects.get(service__name="shop").failing_since == AT


@pytest.fixture
def rolled_back(production):
    placement = Placement.objects.get(service__name="shop")
    return factories.DeploymentFactory(
        placement=placement,
        release__tag="v3",
        state="rolled_back",
        cause=said("Its health path /health answers 500."),
        reason=said("v3 was rolled back. Its health path /health answers 500. v2 serves as before."),
        finished_at=timezone.now(),
    )


def test_a_rollback_does_not_claim_that_the_release_before_serves_while_it_does_not(
    browse, alice, production, rolled_back, monkeypatch
):
    assert "v2 serves as before." in shown(browse, alice, "/c/acme/")

    look(monkeypatch, production, shop=0)

    page = shown(browse, alice, "/c/acme/")
    assert "Its health path /health answers 500." in page
    assert "serves as before" not in page


class TestTakingNote:
    def test_a_failure_is_acknowledged_by_somebody_and_gone(self, browse, bob, rolled_back):
        client = browse(bob)
        answer = client.post(f"/c/acme/deployments/{rolled_back.pk}/acknowledge/")

        assert answer.url == "/c/acme/"
        assert "shop v3 did not reach" not in shown(browse, bob, "/c/acme/")
        row = Deployment.objects.get(pk=rolled_back.pk)
        assert row.acknowledged_by == bob
        event = AuditEvent.objects.get(action="deployment.acknowledged")
        assert event.after == {"failures": 1}

    def test_one_note_is_for_all_failures_of_the_place_and_the_next_one_is_news(self, browse, bob, rolled_back):
        again = factories.DeploymentFactory(
            placement=rolled_back.placement,
            release=rolled_back.release,
            state="failed",
            finished_at=timezone.now(),
        )
        assert "shop v3 did not reach Production: 2 failures in a row." in shown(browse, bob, "/c/acme/")
        browse(bob).post(f"/c/acme/deployments/{again.pk}/acknowledge/")
        assert "did not reach" not in shown(browse, bob, "/c/acme/")

        factories.DeploymentFactory(
            placement=again.placement, release=again.release, state="failed", finished_at=timezone.now()
        )
        assert "shop v3 did not reach Production." in shown(browse, bob, "/c/acme/")

    def test_an_outage_stays_while_it_lasts_and_says_who_has_seen_it(self, browse, alice, bob, production, monkeypatch):
        look(monkeypatch, production, shop=0)
        browse(bob).post("/c/acme/environments/production/seen/")

        page = shown(browse, alice, "/c/acme/")
        assert "shop does not answer in Production" in page
        assert "Seen by Bob." in page
        assert AuditEvent.objects.get(action="environment.outage_seen").after == {"services": 1}

    def test_what_fails_after_somebody_looked_has_been_seen_by_nobody(self, browse, bob, production, monkeypatch):
        look(monkeypatch, production, shop=0)
        browse(bob).post("/c/acme/environments/production/seen/")
        look(monkeypatch, production, shop=0, api=0)

        assert "Seen by" not in shown(browse, bob, "/c/acme/")

    @pytest.mark.parametrize("path", ["deployments/{pk}/acknowledge/", "environments/production/seen/"])
    def test_strangers_find_nothing_viewers_may_not_and_a_look_changes_nothing(
        self, browse, acme, bob, charlie, rolled_back, path
    ):
        url = f"/c/acme/{path.format(pk=rolled_back.pk)}"
        viewer = factories.member(acme, "viewer")

        answers = [browse(charlie).post(url), browse(viewer).post(url), browse(bob).get(url)]

        assert [each.status_code for each in answers] == [404, 403, 405]

    def test_another_customers_failure_does_not_exist(self, browse, charlie, rolled_back):
        assert browse(charlie).post(f"/c/other/deployments/{rolled_back.pk}/acknowledge/").status_code == 404

    def test_it_leads_to_no_other_site(self, browse, bob, rolled_back):
        url = f"/c/acme/deployments/{rolled_back.pk}/acknowledge/"

        assert browse(bob).post(url, {"next": "https://evil.example/"}).url == "/c/acme/"


def test_a_viewer_sees_the_outage_and_is_asked_for_nothing(browse, acme, production, rolled_back, monkeypatch):
    factories.TicketFactory(customer=acme, subject="Slow shop", state="waiting")
    factories.EnvironmentFactory(customer=acme, account=production.account, name="QA", slug="qa", state="planned")
    look(monkeypatch, production, shop=0)

    page = shown(browse, factories.member(acme, "viewer"), "/c/acme/")

    assert "shop does not answer in Production" in page
    for asked in ("waits for your answer", "waits for your approval", "did not reach", "I look after it"):
        assert asked not in page
