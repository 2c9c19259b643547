"""Releases rolled out on the local AWS: success, rollback, and every way of failing, through the portal's tasks."""

from datetime import timedelta

import pytest

from deployments import states, tasks
from deployments.models import Deployment, Placement, Service
from deployments.rollouts import selectors, services
from provisioning.aws import ecs
from provisioning.facts import cluster_of
from tests.callers import by
from tests.deployments.cloud import Site, finish, step, until_state

pytestmark = [pytest.mark.localaws, pytest.mark.django_db]


def test_a_release_serves_through_the_load_balancer(site: Site):
    deployment = site.deploy("v1")

    assert (deployment.state, str(deployment.reason)) == (states.SUCCEEDED, "v1 serves with 2 of 2 tasks.")
    assert site.answer()["version"] == "v1"
    placement = site.placement
    assert (placement.release, placement.health) == (deployment.release, Placement.Health.HEALTHY)
    assert (placement.running, placement.desired) == (2, 2)


def test_a_second_release_takes_over_from_the_first(site: Site):
    site.deploy("v1")

    second = site.deploy("v2")

    assert (second.state, second.previous.name) == (states.SUCCEEDED, "v1")
    assert site.answer()["version"] == "v2"


def test_both_releases_serve_for_as_long_as_the_service_says(site: Site):
    Service.objects.update(overlap_seconds=2)
    site.deploy("v1")
    second = site.request("v2")
    while second.good_since is None:
        until_state(second, states.ROLLING)
        step(second)
        second.refresh_from_db()

    answered = {site.answer()["version"] for _ in range(8)}
    finish(second)

    assert answered == {"v1", "v2"}
    assert (second.state, second.kept) == (states.SUCCEEDED, {})
    assert second.finished_at - second.good_since >= timedelta(seconds=2)
    assert site.answer()["version"] == "v2"


def test_a_release_that_answers_500_on_its_health_path_is_rolled_back(site: Site):
    first = site.deploy("v1")

    broken = site.deploy("v2", fault="unhealthy")

    assert broken.state == states.ROLLED_BACK
    assert str(broken.cause) == f"Its health path /{site.service.name}/health answers 500."
    assert str(broken.reason) == f"v2 was rolled back. {broken.cause} v1 serves as before."
    assert site.answer()["version"] == "v1"
    assert site.placement.release == first.release


def test_a_release_that_hangs_is_rolled_back(site: Site):
    site.deploy("v1")

    hung = site.deploy("v2", fault="hang")

    assert (hung.state, str(hung.cause)) == (
        states.ROLLED_BACK,
        f"Its health path /{site.service.name}/health did not answer within 3 s of its start.",
    )
    assert site.answer()["version"] == "v1"


def test_a_release_that_exits_is_rolled_back_and_its_last_words_are_kept(site: Site):
    site.deploy("v1")

    crashed = site.deploy("v2", fault="crash")

    assert (crashed.state, str(crashed.cause)) == (
        states.ROLLED_BACK,
        "It exits at once with code 3: its last log lines say more.",
    )
    stopped = crashed.stopped_tasks.filter(stop_code="EssentialContainerExited").exclude(log_lines=[]).first()
    assert stopped.exit_code == 3
    assert "fatal: this version cannot start" in stopped.log_lines


def test_a_first_release_that_exits_leaves_nothing_running(site: Site):
    crashed = site.deploy("v1", fault="crash")

    assert crashed.state == states.FAILED
    assert str(crashed.reason) == (
        "It exits at once with code 3: its last log lines say more. No task of it runs. This was the first deployment, "
        "so there is no earlier release to go back to. Correct it, then deploy."
    )
    assert site.placement.release is None
    assert _service(site).desired == 0


def test_after_a_broken_first_release_the_next_one_serves(site: Site):
    site.deploy("v1", fault="crash")

    second = site.deploy("v2")

    assert second.state == states.SUCCEEDED, str(second.reason)
    assert site.answer()["version"] == "v2"


def test_a_release_whose_image_was_deleted_since_it_was_asked_for_is_rolled_back(quick_site: Site):
    site = quick_site
    site.deploy("v1")
    deployment = site.request("v2")
    site.session.client("ecr").batch_delete_image(
        repositoryName=site.service.repository.name, imageIds=[{"imageDigest": deployment.release.digest}]
    )

    finish(deployment)

    assert deployment.state == states.ROLLED_BACK
    assert str(deployment.cause).startswith(
        "Its image could not be fetched, because it is not in the repository any more."
    )
    assert site.answer()["version"] == "v1"


def test_a_rollback_brings_an_earlier_release_back(quick_site: Site):
    site = quick_site
    first = site.deploy("v1")
    site.deploy("v2")

    back = finish(
        services.request_deployment(
            site.service, site.environment, first.release, by(site.user), kind=Deployment.Kind.ROLLBACK
        )
    )

    assert back.state == states.SUCCEEDED
    assert site.answer()["version"] == "v1"


def test_the_same_release_can_be_rolled_out_again_to_restart_its_tasks(quick_site: Site):
    site = quick_site
    first = site.deploy("v1")
    before = _service(site).primary

    again = finish(services.request_deployment(site.service, site.environment, first.release, by(site.user)))

    assert again.state == states.SUCCEEDED
    assert _service(site).primary.id != before.id
    assert again.task_definition_arn == first.task_definition_arn


def test_a_canceled_rollout_goes_back_to_the_release_before(quick_site: Site):
    site = quick_site
    site.deploy("v1")
    rolling = until_state(site.request("v2", fault="hang"), states.ROLLING)

    services.request_cancel(rolling, by(site.user))
    finish(rolling)

    assert (rolling.state, str(rolling.reason)) == (states.CANCELED, "Cancelled by Bob. v1 serves as before.")
    assert site.answer()["version"] == "v1"


def test_a_canceled_first_rollout_stops_its_tasks(quick_site: Site):
    rolling = until_state(quick_site.request("v1", fault="hang"), states.ROLLING)

    services.request_cancel(rolling, by(quick_site.user))
    finish(rolling)

    assert (rolling.state, str(rolling.reason)) == (states.CANCELED, "Cancelled by Bob. No task of it runs.")
    assert _service(quick_site).desired == 0


def test_a_deployment_canceled_before_the_rollout_changes_nothing(quick_site: Site):
    deployment = quick_site.request("v1")

    services.request_cancel(deployment, by(quick_site.user))
    finish(deployment)

    assert (deployment.state, str(deployment.reason)) == (
        states.CANCELED,
        "Cancelled by Bob before anything was changed.",
    )


def test_a_rollout_past_its_deadline_goes_back(quick_site: Site):
    site = quick_site
    site.deploy("v1")
    rolling = until_state(site.request("v2", fault="hang"), states.ROLLING)
    Deployment.objects.filter(pk=rolling.pk).update(deadline_at=rolling.created_at)

    finish(rolling)

    assert rolling.state == states.ROLLED_BACK
    assert str(rolling.cause).startswith("It was not ready after 15 minutes.")
    assert site.answer()["version"] == "v1"


def test_a_service_removed_outside_the_portal_is_said_so(quick_site: Site):
    site = quick_site
    rolling = until_state(site.request("v1", fault="hang"), states.ROLLING)
    ecs.delete_service(site.session, cluster_of(site.environment), site.service.name)

    finish(rolling)

    assert rolling.state == states.FAILED
    assert str(rolling.reason).startswith("Its service was removed from the cluster outside the portal.")


def test_an_internal_service_runs_without_an_address(quick_cloud, acme, bob):
    site = Site(quick_cloud, bob, acme, exposure="internal")

    deployment = site.deploy("v1")

    assert deployment.state == states.SUCCEEDED
    assert site.placement.target_group_arn == ""
    assert site.placement.health == Placement.Health.HEALTHY


def test_two_services_of_an_environment_roll_out_under_one_watcher(quick_cloud, acme, bob):
    one, two = Site(quick_cloud, bob, acme), Site(quick_cloud, bob, acme)
    first, second = one.request("v1"), two.request("v1")
    until_state(first, states.ROLLING)

    finish(second)
    finish(first)

    assert (first.state, second.state) == (states.SUCCEEDED, states.SUCCEEDED)
    assert one.placement.rule_priority != two.placement.rule_priority


def test_what_serves_is_looked_at_between_rollouts(quick_site: Site):
    quick_site.deploy("v1")
    ecs.scale_service(quick_site.session, cluster_of(quick_site.environment), quick_site.service.name, 0)
    Placement.objects.update(observed_at=quick_site.service.created_at.replace(year=2020))
    assert list(selectors.unobserved_environments()) == [quick_site.environment]

    tasks.refresh_placements(quick_site.environment.pk)

    assert (quick_site.placement.desired, quick_site.placement.health) == (0, Placement.Health.UNHEALTHY)
    assert not selectors.unobserved_environments()


def _service(site: Site) -> ecs.ServiceState:
    name = site.service.name
    return ecs.describe_services(site.session, cluster_of(site.environment), (name,))[name]
