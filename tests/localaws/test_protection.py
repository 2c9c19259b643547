"""Task scale-in protection on the local AWS: what is protected outlives a deployment, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.site import LocalAws, Site, until

pytestmark = pytest.mark.localaws


@pytest.fixture
def site(process_aws: LocalAws):
    site = Site(process_aws).build()
    yield site
    site.close()


def running(site: Site) -> list[str]:
    return sorted(site.ecs.list_tasks(cluster=site.name)["taskArns"])


def protect(site: Site, tasks: list[str], *, enabled: bool = True, **more: Any) -> dict[str, Any]:
    return dict(site.ecs.update_task_protection(cluster=site.name, tasks=tasks, protectionEnabled=enabled, **more))


def protection(site: Site, tasks: list[str]) -> list[bool]:
    found = site.ecs.get_task_protection(cluster=site.name, tasks=tasks)["protectedTasks"]
    return [each["protectionEnabled"] for each in found]


def test_protected_tasks_stay_beside_a_new_release_until_the_protection_is_taken_away(site: Site):
    site.launch(site.image("1"))
    site.settled()
    old = running(site)
    protect(site, old)

    site.release(site.image("2"))
    until(lambda: site.target_states() == ["healthy"] * 4)
    until(lambda: [each["runningCount"] for each in site.service()["deployments"]] == [2, 2])
    assert site.primary()["rolloutState"] == "IN_PROGRESS"
    assert set(old) < set(running(site))

    protect(site, old, enabled=False)
    assert site.settled()["rolloutState"] == "COMPLETED"
    assert set(running(site)).isdisjoint(old)
    assert {task["stopCode"] for task in site.stopped_tasks()} == {"ServiceSchedulerInitiated"}


def test_protected_tasks_serve_on_when_the_new_release_is_rolled_back(site: Site):
    site.launch(site.image("1"))
    site.settled()
    old = running(site)
    protect(site, old)

    with site.traffic() as answers:
        site.release(site.image("2", "crash"))
        ended = site.ended()

    assert ended["status"] == "ROLLBACK_SUCCESSFUL"
    assert set(answers) == {"1"}
    assert running(site) == old
    assert protection(site, old) == [True, True]


def test_a_protected_task_is_stopped_by_whoever_asks_for_it_and_with_its_service(site: Site):
    site.launch(site.image("1"))
    site.settled()
    first, second = running(site)
    protect(site, [first, second])

    site.ecs.stop_task(cluster=site.name, task=first)
    until(lambda: first not in running(site))

    site.ecs.delete_service(cluster=site.name, service=site.name, force=True)
    until(lambda: site.service()["status"] == "INACTIVE")
    assert second not in running(site)


def test_a_protection_is_told_with_its_end_which_is_two_hours_away_unless_said_otherwise(site: Site):
    site.launch(site.image("1"), desired=1)
    site.settled()
    (task,) = running(site)

    assert site.ecs.get_task_protection(cluster=site.name, tasks=[task])["protectedTasks"] == [
        {"taskArn": task, "protectionEnabled": False}
    ]
    for more, minutes in (({}, 120), ({"expiresInMinutes": 1}, 1), ({"expiresInMinutes": 2880}, 2880)):
        (said,) = protect(site, [task], **more)["protectedTasks"]
        assert (said["taskArn"], said["protectionEnabled"]) == (task, True)
        left = said["expirationDate"] - datetime.now(UTC)
        assert timedelta(minutes=minutes, seconds=-30) < left <= timedelta(minutes=minutes)
    assert protect(site, [task], enabled=False)["protectedTasks"] == [{"taskArn": task, "protectionEnabled": False}]
    assert protection(site, [task]) == [False]


def test_tasks_that_are_gone_or_of_no_service_are_failures_in_the_answer(site: Site):
    site.launch(site.image("1"), desired=1)
    site.settled()
    (task,) = running(site)
    alone = site.ecs.run_task(cluster=site.name, taskDefinition=site.service()["taskDefinition"])["tasks"][0]["taskArn"]
    unknown = f"{task.rpartition('/')[0]}/0123"

    for answer in (
        protect(site, [task, alone, unknown]),
        site.ecs.get_task_protection(cluster=site.name, tasks=[task, alone, "0123"]),
    ):
        assert [each["taskArn"] for each in answer["protectedTasks"]] == [task]
        assert answer["failures"] == [
            {"arn": unknown, "reason": "MISSING"},
            {"arn": alone, "reason": "TASK_NOT_VALID"},
        ]
    site.ecs.stop_task(cluster=site.name, task=alone)
    until(lambda: protect(site, [alone])["failures"] == [{"arn": alone, "reason": "MISSING"}])


@pytest.mark.parametrize("wrong", [{"expiresInMinutes": 0}, {"expiresInMinutes": 2881}, {"tasks": ["1"] * 11}])
def test_what_ecs_does_not_accept_is_refused(site: Site, wrong: dict[str, Any]):
    asked = {"cluster": site.name, "tasks": ["1"], "protectionEnabled": True} | wrong

    with pytest.raises(ClientError) as caught:
        site.ecs.update_task_protection(**asked)

    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_an_unknown_cluster_is_refused(site: Site):
    for ask in (
        lambda: site.ecs.update_task_protection(cluster="nowhere", tasks=["1"], protectionEnabled=True),
        lambda: site.ecs.get_task_protection(cluster="nowhere", tasks=["1"]),
    ):
        with pytest.raises(ClientError) as caught:
            ask()
        assert caught.value.response["Error"]["Code"] == "ClusterNotFoundException"
