"""The watch after success, at an AWS whose answers are scripted."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from deployments import states
from deployments.models import Deployment, Placement
from provisioning import states as environment_states
from provisioning.models import Environment
from tests import factories
from tests.deployments.cluster import AT, NEW, OLD, Cluster, cluster, described, ecs_deployment

__all__ = ["cluster"]
pytestmark = pytest.mark.django_db


class TestAfterSuccess:
    """A release that has succeeded two minutes ago or less."""

    settled = (ecs_deployment(NEW, "PRIMARY", "COMPLETED", runningCount=2),)

    @pytest.fixture(autouse=True)
    def _watched(self, settings):
        settings.AFTER_WATCH_SECONDS = 120

    def succeeded(self, cluster: Cluster, seconds: float = 30, **fields: Any) -> Deployment:
        at = timezone.now() - timedelta(seconds=seconds)
        counts = {"running": 2, "pending": 0, "desired": 2, "failed": 0}
        values = {
            "finished_at": at,
            "watched_until": at + timedelta(seconds=120),
            "observed": {"new": counts, "old": {}, "events": []},
        }
        return cluster.rollout("web", states.SUCCEEDED, **(values | fields))

    def replaced(self) -> dict[str, Any]:
        event = {"id": "1", "createdAt": timezone.now(), "message": "(service web) has started 1 tasks: (task 0123)."}
        return described("web", *self.settled, events=[event])

    def test_a_quiet_look_is_one_call(self, cluster):
        deployment = self.succeeded(cluster)
        cluster.answer("describe_services", {"services": [described("web", *self.settled)]})

        cluster.look()

        deployment.refresh_from_db()
        assert (deployment.state, deployment.verified_at) == (states.SUCCEEDED, None)

    def test_old_tasks_that_leave_are_no_reason_to_look_closer(self, cluster):
        counts = {"running": 2, "pending": 0, "desired": 2, "failed": 0}
        self.succeeded(cluster, observed={"new": counts, "old": counts, "events": []})
        cluster.answer("describe_services", {"services": [described("web", *self.settled)]})

        cluster.look()

    def test_a_release_that_stays_up_is_verified_good(self, cluster):
        deployment = self.succeeded(cluster, seconds=121)
        cluster.answer("describe_services", {"services": [described("web", *self.settled)]})

        cluster.look()

        deployment.refresh_from_db()
        assert deployment.verified_at is not None
        assert deployment.watched_until is None

    def test_two_tasks_that_died_send_it_back_with_the_reason(self, cluster):
        deployment = self.succeeded(cluster)
        cluster.answer("describe_services", {"services": [self.replaced()]})
        cluster.stopped(20, 5)

        cluster.look()

        deployment.refresh_from_db()
        assert deployment.state == states.ROLLING_BACK
        assert str(deployment.cause).startswith("It restarts again and again: ")
        assert str(deployment.reason).endswith("v1 is coming back.")

    def test_tasks_that_ecs_took_away_are_no_reason(self, cluster):
        deployment = self.succeeded(cluster)
        cluster.answer("describe_services", {"services": [self.replaced()]})
        cluster.stopped(20, 5, code="ServiceSchedulerInitiated")

        cluster.look()
        deployment.refresh_from_db()

        assert deployment.state == states.SUCCEEDED

    @pytest.mark.parametrize(
        "said",
        [
            [],
            [described("web", ecs_deployment(OLD, "PRIMARY", "COMPLETED", runningCount=2))],
        ],
    )
    def test_what_does_not_run_any_more_is_neither_good_nor_bad(self, cluster, said):
        deployment = self.succeeded(cluster, seconds=121)
        cluster.answer("describe_services", {"services": said})

        cluster.look()

        deployment.refresh_from_db()
        assert (deployment.state, deployment.verified_at, deployment.watched_until) == (states.SUCCEEDED, None, None)

    def test_a_newer_deployment_ends_the_watch(self, cluster):
        deployment = self.succeeded(cluster)
        newer = factories.DeploymentFactory(placement=deployment.placement, state=states.QUEUED)
        Placement.objects.update(latest=newer)
        cluster.answer("describe_services", {"services": [described("web", *self.settled)]})

        cluster.look()

        deployment.refresh_from_db()
        assert (deployment.state, deployment.watched_until) == (states.SUCCEEDED, None)

    def test_tasks_that_ecs_stops_but_which_still_drain_count(self, cluster):
        deployment = self.succeeded(cluster)
        cluster.answer("describe_services", {"services": [self.replaced()]})
        draining = [
            {
                "taskArn": f"arn:task/{seconds}",
                "taskDefinitionArn": NEW,
                "createdAt": AT,
                "stoppingAt": timezone.now() - timedelta(seconds=seconds),
                "lastStatus": "DEACTIVATING",
                "stopCode": "ServiceSchedulerInitiated",
                "stoppedReason": "Task failed ELB health checks in (target-group arn:group)",
            }
            for seconds in (9, 3)
        ]
        cluster.answer("list_tasks", {"taskArns": [each["taskArn"] for each in draining]})
        cluster.answer("describe_tasks", {"tasks": draining})
        cluster.targets()
        for _ in draining:
            cluster.answer("get_log_events", {"events": []})

        cluster.look()

        deployment.refresh_from_db()
        assert deployment.state == states.ROLLING_BACK

    def test_nothing_goes_back_in_an_environment_that_is_being_removed(self, cluster):
        deployment = self.succeeded(cluster)
        Environment.objects.update(state=environment_states.DELETING)
        cluster.answer("describe_services", {"services": [self.replaced()]})
        cluster.stopped(20, 5)

        cluster.look()

        deployment.refresh_from_db()
        assert (deployment.state, deployment.watched_until) == (states.SUCCEEDED, None)

    def test_the_watch_ends_though_aws_refuses_to_answer(self, cluster):
        deployment = self.succeeded(cluster, seconds=361)

        cluster.look()  # not a call is made

        deployment.refresh_from_db()
        assert (deployment.verified_at, deployment.watched_until) == (None, None)
