"""The overlap: old tasks stay until the new ones have run for a while. AWS's answers are scripted."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from deployments import states
from deployments.models import Deployment, Placement
from portal.core.sentences import said
from tests.deployments.cluster import NEW, OLD, Cluster, cluster, described, ecs_deployment

__all__ = ["cluster"]
pytestmark = pytest.mark.django_db

OLD_TASKS = ["arn:task/old1", "arn:task/old2"]
KEPT = {"tasks": OLD_TASKS, "healthy": 2}
RUN = {"running": 2, "pending": 0, "desired": 2, "failed": 0}
ALL_HEALTHY = ["healthy"] * 4


def new(running: int = 2) -> dict[str, Any]:
    return ecs_deployment(NEW, "PRIMARY", runningCount=running)


def old(running: int = 2) -> dict[str, Any]:
    return ecs_deployment(OLD, "ACTIVE", "COMPLETED", runningCount=running)


def overlapping(cluster: Cluster, seconds: float | None = None, **fields: Any) -> Deployment:
    """A rollout with an overlap of 30 s, of which all new tasks have been good for so many seconds."""
    since = None if seconds is None else timezone.now() - timedelta(seconds=seconds)
    values = {"kept": KEPT, "settings": {"overlap_seconds": 30}, "good_since": since}
    return cluster.rollout("web", observed={"new": RUN, "old": RUN, "events": []}, **(values | fields))


def released(cluster: Cluster) -> None:
    wanted = {"cluster": "acme-dev", "tasks": OLD_TASKS, "protectionEnabled": False}
    protected = [{"taskArn": arn, "protectionEnabled": False} for arn in OLD_TASKS]
    cluster.answer("update_task_protection", {"protectedTasks": protected, "failures": []}, wanted)


def look(
    cluster: Cluster,
    deployment: Deployment,
    *deployments: dict[str, Any],
    targets: Sequence[str] | None = None,
    died: Sequence[float] = (),
) -> Deployment:
    """A look at these, with the load balancer's verdicts where it is asked, and after the death of new tasks so many
    seconds ago, which were replaced."""
    running = sum(each["runningCount"] for each in deployments)
    started = {"id": "1", "createdAt": timezone.now(), "message": "(service web) has started 1 tasks: (task 0123)."}
    more: dict[str, Any] = {"events": [started]} if died else {}
    cluster.answer("describe_services", {"services": [described("web", *deployments, runningCount=running, **more)]})
    if died:
        cluster.stopped(*died)
    if targets is not None:
        cluster.targets(*targets)
    cluster.look()
    deployment.refresh_from_db()
    return deployment


class TestWhenItBegins:
    def test_not_before_all_new_tasks_run(self, cluster):
        deployment = overlapping(cluster)

        assert look(cluster, deployment, new(1), old()).good_since is None

    @pytest.mark.parametrize("verdicts", [["healthy", "healthy", "healthy", "initial"], ["healthy", "healthy"]])
    def test_not_before_the_load_balancer_finds_all_of_them_healthy(self, cluster, verdicts):
        deployment = overlapping(cluster)

        assert look(cluster, deployment, new(), old(), targets=verdicts).good_since is None

    def test_a_slow_start_is_no_failure(self, cluster):
        deployment = overlapping(cluster)
        verdicts = ["healthy", "healthy", "unhealthy", "unhealthy"]

        look(cluster, deployment, new(), old(), targets=verdicts)

        assert (deployment.state, deployment.good_since) == (states.ROLLING, None)

    def test_when_all_are_healthy(self, cluster):
        deployment, before = overlapping(cluster), timezone.now()

        look(cluster, deployment, new(), old(), targets=ALL_HEALTHY)

        assert deployment.good_since >= before
        assert (deployment.state, deployment.kept) == (states.ROLLING, KEPT)

    def test_old_tasks_that_were_ill_before_or_have_died_since_do_not_keep_it_from_beginning(self, cluster):
        ill, dead = overlapping(cluster, kept=KEPT | {"healthy": 1}), ["healthy", "healthy", "healthy"]

        assert look(cluster, ill, new(), old(), targets=[*dead, "unhealthy"]).good_since is not None
        Deployment.objects.update(good_since=None, kept=KEPT)
        assert look(cluster, ill, new(), old(1), targets=dead).good_since is not None

    def test_without_a_load_balancer_it_is_enough_that_they_run(self, cluster):
        deployment = overlapping(cluster)
        Placement.objects.update(target_group_arn="")

        assert look(cluster, deployment, new(), old()).good_since is not None

    def test_not_by_an_answer_from_before_the_update(self, cluster):
        deployment = overlapping(cluster, deadline_at=timezone.now() + timedelta(minutes=15))

        look(cluster, deployment, ecs_deployment(OLD, "PRIMARY", "COMPLETED", runningCount=2))

        assert deployment.good_since is None


class TestHowItEnds:
    def test_old_tasks_stay_until_the_new_ones_have_run_for_as_long_as_the_service_says(self, cluster):
        deployment = overlapping(cluster, seconds=29)

        assert look(cluster, deployment, new(), old(), targets=ALL_HEALTHY).kept == KEPT
        Deployment.objects.update(good_since=timezone.now() - timedelta(seconds=31))
        released(cluster)
        assert look(cluster, deployment, new(), old(), targets=ALL_HEALTHY).kept == {}
        assert deployment.state == states.ROLLING

    def test_a_task_that_dies_meanwhile_makes_it_longer(self, cluster):
        deployment = overlapping(cluster, seconds=40)

        look(cluster, deployment, new(), old(), targets=ALL_HEALTHY, died=[20])

        assert (deployment.state, deployment.kept) == (states.ROLLING, KEPT)

    def test_two_that_die_send_the_release_back_while_the_old_tasks_stay_protected(self, cluster):
        deployment = overlapping(cluster, seconds=25)

        look(cluster, deployment, new(1), old(), died=[8, 2])

        assert (deployment.state, deployment.kept) == (states.ROLLING_BACK, KEPT)
        again = "It restarts again and again: it exits with code 1. Its last log lines say more."
        assert str(deployment.cause) == f"{again} 2 of its tasks have stopped since it was deployed."
        assert str(deployment.reason).endswith("v1 is coming back.")

    @pytest.mark.parametrize(
        ("said", "cause"),
        [
            ("Health checks failed with these codes: [503]", "Its health path /health answers 503."),
            ("Request timed out", "Its health path /health does not answer."),
        ],
    )
    def test_one_that_the_load_balancer_turns_against_sends_it_back(self, cluster, said, cause):
        deployment = overlapping(cluster, seconds=12)
        verdicts = ["healthy", "healthy", "healthy", "unhealthy"]
        cluster.targets(*verdicts)
        cluster.answer("describe_services", {"services": [described("web", new(), old(), runningCount=4)]})
        cluster.answer("list_tasks", {"taskArns": []})
        cluster.targets(*verdicts, said=said)

        cluster.look()

        deployment.refresh_from_db()
        assert (deployment.state, deployment.kept, str(deployment.cause)) == (states.ROLLING_BACK, KEPT, cause)

    def test_the_protection_ends_when_the_old_release_serves_alone_again(self, cluster):
        deployment = overlapping(cluster, 40, state=states.ROLLING_BACK, cause=said("It restarts."))
        released(cluster)

        look(cluster, deployment, ecs_deployment(OLD, "PRIMARY", "COMPLETED", runningCount=2))

        assert (deployment.state, deployment.kept) == (states.ROLLED_BACK, {})

    def test_what_cannot_be_told_now_is_told_at_the_next_look(self, cluster):
        deployment = overlapping(cluster, seconds=31)
        cluster.refuse("update_task_protection", "ThrottlingException")

        look(cluster, deployment, new(), old(), targets=ALL_HEALTHY)

        assert (deployment.state, deployment.kept, bool(deployment.problem)) == (states.ROLLING, KEPT, True)
        released(cluster)
        look(cluster, deployment, new(), old(), targets=ALL_HEALTHY)
        assert (deployment.state, deployment.kept, str(deployment.problem)) == (states.ROLLING, {}, "")


def test_a_rollout_without_overlap_asks_for_nothing(cluster):
    deployment = overlapping(cluster, kept={}, settings={})

    look(cluster, deployment, new(), old())

    assert (deployment.state, deployment.good_since) == (states.ROLLING, None)
