"""Rollouts on the local AWS behave as on AWS, with real containers and with local processes alike."""

import pytest

from provisioning.localaws.sample.interpreter import executable
from tests.localaws.site import LocalAws, Site, until

pytestmark = pytest.mark.localaws

EXITED = "Essential container in task exited"


def test_a_first_deployment_completes_with_healthy_tasks_and_serves(site: Site):
    definition = site.launch(site.image("1"))

    deployment = site.settled()

    assert (deployment["rolloutState"], deployment["runningCount"]) == ("COMPLETED", 2)
    assert deployment["taskDefinition"] == definition
    assert site.target_states() == ["healthy", "healthy"]
    assert site.get() == (200, f'{{"name": "{site.name}", "version": "1", "greeting": null}}')
    assert "has reached a steady state." in site.events()


def test_a_service_created_with_tasks_is_in_progress_until_they_are_healthy(site: Site):
    site.create(site.define(site.image("1")), desired=1)

    assert site.primary()["rolloutState"] == "IN_PROGRESS"
    assert site.settled()["rolloutState"] == "COMPLETED"


def test_a_rolling_update_loses_no_request(site: Site):
    site.launch(site.image("1"))
    site.settled()

    with site.traffic() as answers:
        definition = site.release(site.image("2"))
        deployment = site.settled()
        until(lambda: answers["2"] > 10)

    assert (deployment["rolloutState"], deployment["taskDefinition"]) == ("COMPLETED", definition)
    assert set(answers) == {"1", "2"}
    assert until(site.has_one_deployment)


@pytest.mark.parametrize("fault", ["crash", "unhealthy", "hang"])
def test_a_broken_version_is_rolled_back_and_loses_no_request(site: Site, fault: str):
    good = site.launch(site.image("1"))
    site.settled()

    with site.traffic() as answers:
        broken = site.release(site.image("2", fault))
        assert site.primary()["taskDefinition"] == broken
        deployment = site.settled()

    assert (deployment["rolloutState"], deployment["taskDefinition"]) == ("COMPLETED", good)
    assert set(answers) == {"1"}
    assert "deployment failed: tasks failed to start." in site.events()
    assert f"rolling back to deployment {deployment['id']}." in site.events()
    assert until(site.has_one_deployment)


@pytest.mark.parametrize(("fault", "served"), [("", {"1", "2"}), ("unhealthy", {"1"})])
def test_without_room_for_more_tasks_half_of_the_good_ones_stay_until_new_ones_are_healthy(
    site: Site, fault: str, served: set[str]
):
    site.launch(site.image("1"))
    site.settled()
    tight = {
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "minimumHealthyPercent": 50,
        "maximumPercent": 100,
    }

    with site.traffic() as answers:
        site.update(site.define(site.image("2", fault)), deploymentConfiguration=tight)
        assert site.settled()["rolloutState"] == "COMPLETED"
        until(lambda: len(answers) == len(served))

    assert set(answers) == served


def test_an_image_that_does_not_exist_is_rolled_back_and_the_tasks_say_why(site: Site):
    good = site.launch(site.image("1"))
    site.settled()

    with site.traffic() as answers:
        site.release(site.missing_image())
        deployment = site.settled()
        until(lambda: answers["1"])

    assert deployment["taskDefinition"] == good
    assert set(answers) == {"1"}
    # Others may have been on their way when the threshold was reached.
    stopped = [task for task in site.stopped_tasks() if task["stopCode"] != "ServiceSchedulerInitiated"]
    assert {task["stopCode"] for task in stopped} == {"TaskFailedToStart"}
    assert all(task["stoppedReason"].startswith("CannotPullContainerError:") for task in stopped)
    assert all(task["containers"][0]["reason"].startswith("CannotPullContainerError:") for task in stopped)


@pytest.mark.parametrize("fault", ["crash", "unhealthy"])
def test_a_broken_first_deployment_fails_because_there_is_nothing_to_go_back_to(site: Site, fault: str):
    broken = site.launch(site.image("1", fault))

    deployment = site.settled()

    assert (deployment["rolloutState"], deployment["taskDefinition"]) == ("FAILED", broken)
    assert deployment["failedTasks"] == 3


def test_a_failed_first_deployment_can_be_scaled_to_zero_and_followed_by_a_good_one(site: Site):
    site.launch(site.image("1", "crash"))
    site.settled()
    site.ecs.update_service(cluster=site.name, service=site.name, desiredCount=0)

    definition = site.release(site.image("2"))
    deployment = site.settled()

    assert until(site.has_one_deployment)
    assert (deployment["rolloutState"], deployment["taskDefinition"]) == ("COMPLETED", definition)


def test_a_crashed_task_tells_its_exit_code_and_its_last_words_are_in_the_logs(site: Site):
    site.launch(site.image("1", "crash"))
    site.settled()

    task = site.stopped_tasks()[0]

    assert (task["stopCode"], task["stoppedReason"]) == ("EssentialContainerExited", EXITED)
    assert task["containers"][0]["exitCode"] == 3
    assert until(lambda: "fatal: this version cannot start" in site.log_lines())


def test_an_unhealthy_task_is_stopped_by_the_scheduler_which_names_the_target_group(site: Site):
    site.launch(site.image("1", "unhealthy"))
    site.settled()

    task = site.stopped_tasks()[0]

    assert task["stopCode"] == "ServiceSchedulerInitiated"
    assert task["stoppedReason"] == f"Task failed ELB health checks in (target-group {site.group})"


def test_a_task_that_dies_later_is_replaced(site: Site):
    site.launch(site.image("1"), desired=1)
    site.settled()
    first = site.ecs.list_tasks(cluster=site.name)["taskArns"]

    site.ecs.stop_task(cluster=site.name, task=first[0])
    site.update(site.service()["taskDefinition"], desired=1)

    assert site.settled()["rolloutState"] == "COMPLETED"
    assert site.ecs.list_tasks(cluster=site.name)["taskArns"] != first


def test_a_container_s_own_health_check_is_shown_on_its_task(site: Site):
    python = str(executable()) if site.aws.runtime == "docker" else "python3"
    asking = "import urllib.request; urllib.request.urlopen('http://localhost:8080/health')"
    site.launch(site.image("1"), desired=1, healthCheck={"command": ["CMD", python, "-S", "-c", asking], "interval": 5})
    assert site.settled()["rolloutState"] == "COMPLETED"

    arns = site.ecs.list_tasks(cluster=site.name)["taskArns"]
    task = site.ecs.describe_tasks(cluster=site.name, tasks=arns)["tasks"][0]
    assert (task["healthStatus"], task["containers"][0]["healthStatus"]) == ("HEALTHY", "HEALTHY")


def test_a_container_s_own_health_check_gates_the_deployment(site: Site):
    site.launch(site.image("1"), healthCheck={"command": ["CMD", "/no/such/program"], "interval": 5, "retries": 1})

    deployment = site.settled()

    assert deployment["rolloutState"] == "FAILED"
    assert site.stopped_tasks()[0]["stoppedReason"] == "Task failed container health checks"


def test_host_and_path_rules_choose_the_service(aws: LocalAws):
    by_path, by_host = Site(aws, path="/shop/*").build(), Site(aws, host="shop.example.com").build()
    for site in (by_path, by_host):
        site.launch(site.image("1"), desired=1)
        site.settled()

    assert by_path.get("/shop/basket")[0] == 200
    assert by_path.get("/elsewhere") == (404, "nothing here")
    assert by_host.get("/", host="shop.example.com")[0] == 200
    assert by_host.get("/") == (404, "nothing here")
    for site in (by_path, by_host):
        site.close()


def test_capacity_comes_from_the_cluster_s_capacity_provider(site: Site):
    provider = f"hosts-{site.name}"
    site.ecs.create_capacity_provider(
        name=provider, autoScalingGroupProvider={"autoScalingGroupArn": "arn:aws:autoscaling:::hosts"}
    )
    strategy = [{"capacityProvider": provider, "weight": 1, "base": 0}]
    site.ecs.put_cluster_capacity_providers(
        cluster=site.name, capacityProviders=[provider], defaultCapacityProviderStrategy=strategy
    )
    site.launch(site.image("1"), desired=1)
    site.settled()

    task = site.ecs.describe_tasks(cluster=site.name, tasks=site.ecs.list_tasks(cluster=site.name)["taskArns"])
    assert task["tasks"][0]["capacityProviderName"] == provider


def test_pushing_a_tag_again_keeps_what_it_names(site: Site):
    assert site.image("1") == site.image("1", "crash")


def test_a_target_whose_check_cannot_even_be_sent_does_not_stop_the_others(site: Site):
    created = site.elb.create_target_group(
        Name=f"{site.name}-odd", Protocol="HTTP", Port=80, VpcId="vpc-1", HealthCheckPath="/ünsendable"
    )
    site.elb.register_targets(
        TargetGroupArn=created["TargetGroups"][0]["TargetGroupArn"], Targets=[{"Id": "127.0.0.1", "Port": 9}]
    )

    site.launch(site.image("1"), desired=1)

    assert site.settled()["rolloutState"] == "COMPLETED"
