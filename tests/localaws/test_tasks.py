"""Tasks on the local AWS: what ends them, what takes their place, and what is told about them."""

import pytest

from tests.localaws.site import Site, until

pytestmark = pytest.mark.localaws


def test_tasks_are_spread_over_the_zones(site: Site):
    site.launch(site.image("1"))
    site.settled()

    zones = sorted(task["availabilityZone"] for task in site.running_tasks())

    assert zones == ["eu-west-1a", "eu-west-1b"]


def test_a_task_that_dies_after_its_deployment_completed_is_replaced_and_fails_nothing(site: Site):
    site.launch(site.program("1", EXIT_AFTER="4"), desired=1, environment=[])
    assert site.ended()["status"] == "SUCCESSFUL"
    first = site.running_tasks()[0]["taskArn"]

    def died() -> dict | None:
        return next((task for task in site.stopped_tasks() if task["taskArn"] == first), None)

    task = until(died)

    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert task["containers"][0]["exitCode"] == 4
    assert until(lambda: [each["taskArn"] for each in site.running_tasks()] not in ([], [first]))
    assert site.primary()["rolloutState"] == "COMPLETED"
    assert site.service_deployment()["status"] == "SUCCESSFUL"


def test_a_task_that_fails_its_checks_for_a_while_goes_when_another_is_healthy_and_no_request_is_lost(site: Site):
    site.launch(site.program("1", ILL="4-9"), desired=1, environment=[])
    site.settled()
    first = site.running_tasks()[0]["taskArn"]

    with site.traffic() as answers:
        task = until(lambda: next((each for each in site.stopped_tasks() if each["taskArn"] == first), None))

    assert task["stoppedReason"] == f"Task failed ELB health checks in (target-group {site.group})"
    assert set(answers) == {"1"}
    assert "due to (reason Health checks failed with these codes: [503])" in site.events()


def test_a_program_that_listens_late_is_let_start_within_its_grace(site: Site):
    site.create(site.define(site.program("1", START_AFTER="20"), environment=[]))
    site.update(site.service()["taskDefinition"], desired=1, healthCheckGracePeriodSeconds=60)

    assert site.settled()["rolloutState"] == "COMPLETED"
    assert site.stopped_tasks() == []


def test_a_service_whose_tasks_fail_again_and_again_starts_them_ever_more_slowly(site: Site):
    site.create(site.define(site.image("1", "crash")))
    patient = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    site.update(site.service()["taskDefinition"], desired=1, deploymentConfiguration=patient)

    until(lambda: len(site.stopped_tasks()) >= 6)

    assert site.events().count("is unable to consistently start tasks successfully.") == 1
    begun = sorted(task["createdAt"] for task in site.stopped_tasks())
    assert (begun[5] - begun[4]).total_seconds() >= 2  # after four failures one second, after five two
    assert site.primary()["rolloutState"] == "IN_PROGRESS"


def test_events_tell_what_happened_to_tasks_and_targets_as_ecs_words_it(site: Site):
    site.launch(site.image("1", "unhealthy"), desired=1)
    site.settled()

    task = site.stopped_tasks()[0]
    identity = task["taskArn"].rpartition("/")[2]
    assert f"(service {site.name}) has started 1 tasks: (task {identity})." in site.events()
    assert f"(service {site.name}) registered 1 targets in (target-group {site.group})" in site.events()
    assert f"(service {site.name}) (task {identity}) (port " in site.events()
    reason = "due to (reason Health checks failed with these codes: [500])"
    assert f"is unhealthy in (target-group {site.group}) {reason}" in site.events()


def test_a_task_run_by_itself_ends_by_itself(site: Site):
    definition = site.define(site.image("1", "crash"))

    made = site.ecs.run_task(cluster=site.name, taskDefinition=definition, startedBy="somebody")["tasks"][0]

    def stopped() -> dict | None:
        found = site.ecs.describe_tasks(cluster=site.name, tasks=[made["taskArn"]])["tasks"][0]
        return found if found["lastStatus"] == "STOPPED" else None

    assert until(stopped)["containers"][0]["exitCode"] == 3


@pytest.mark.docker
@pytest.mark.parametrize("aws", ["docker"], indirect=True)
def test_a_task_that_takes_too_much_memory_says_so(site: Site):
    site.launch(site.program("1", EAT="yes"), desired=1, environment=[], memory=32)
    site.settled()

    container = site.stopped_tasks()[0]["containers"][0]

    assert container["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert container["exitCode"] == 137
