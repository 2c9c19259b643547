"""Service deployments and revisions on the local AWS, through boto3: the truth about a rollout, kept after its end."""

import pytest
from botocore.exceptions import ClientError

from tests.localaws.site import Site, until

pytestmark = pytest.mark.localaws


def test_a_rollout_s_service_deployment_is_in_every_answer_and_kept_after_its_end(site: Site):
    first = site.launch(site.image("1"))
    assert site.service_deployment()["status"] == "IN_PROGRESS"
    launched = site.ended()
    second = site.release(site.image("2"))

    rolled = site.ended()

    assert (launched["status"], rolled["status"]) == ("SUCCESSFUL", "SUCCESSFUL")
    assert rolled["deploymentCircuitBreaker"] == {"status": "MONITORING_COMPLETE", "failureCount": 0, "threshold": 3}
    assert rolled["targetServiceRevision"]["requestedTaskCount"] == 2
    assert [each["arn"] for each in rolled["sourceServiceRevisions"]] == [launched["targetServiceRevision"]["arn"]]
    listed = site.ecs.list_service_deployments(cluster=site.name, service=site.name)["serviceDeployments"]
    arns = [each["serviceDeploymentArn"] for each in listed]
    assert arns[:2] == [rolled["serviceDeploymentArn"], launched["serviceDeploymentArn"]]
    assert definitions(site, rolled, launched) == [second, first]


def definitions(site: Site, *deployments: dict) -> list[str]:
    """The task definitions of what was deployed."""
    arns = [each["targetServiceRevision"]["arn"] for each in deployments]
    found = site.ecs.describe_service_revisions(serviceRevisionArns=arns)["serviceRevisions"]
    return [each["taskDefinition"] for each in found]


def test_update_and_create_tell_the_deployment_that_they_began(site: Site):
    site.create(site.define(site.image("1")))
    before = site.service()

    answer = site.ecs.update_service(cluster=site.name, service=site.name, desiredCount=1, forceNewDeployment=True)

    begun = answer["service"]
    assert begun["currentServiceDeployment"] != before["currentServiceDeployment"]
    assert begun["currentServiceRevisions"][0]["requestedTaskCount"] == 1
    assert site.ended()["serviceDeploymentArn"] == begun["currentServiceDeployment"]


def test_the_circuit_breaker_s_rollback_stays_written_down(site: Site):
    site.launch(site.image("1"))
    good = site.ended()
    site.release(site.image("2", "crash"))

    ended = site.ended()

    assert ended["status"] == "ROLLBACK_SUCCESSFUL"
    assert ended["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    assert ended["rollback"]["serviceRevisionArn"] == good["targetServiceRevision"]["arn"]
    assert "circuit breaker" in ended["statusReason"]
    rolled_back = site.ecs.list_service_deployments(
        cluster=site.name, service=site.name, status=["ROLLBACK_SUCCESSFUL"]
    )
    assert [each["serviceDeploymentArn"] for each in rolled_back["serviceDeployments"]] == [
        ended["serviceDeploymentArn"]
    ]


def test_stopping_a_deployment_goes_back_to_the_earlier_revision_and_loses_no_request(site: Site):
    good = site.launch(site.image("1"))
    site.ended()

    with site.traffic() as answers:
        site.release(site.program("2", START_AFTER="60"), environment=[])
        deployment = site.service_deployment()["serviceDeploymentArn"]
        site.ecs.stop_service_deployment(serviceDeploymentArn=deployment, stopType="ROLLBACK")
        ended = site.ended()

    assert (ended["serviceDeploymentArn"], ended["status"]) == (deployment, "ROLLBACK_SUCCESSFUL")
    assert "user" in ended["rollback"]["reason"]
    assert site.primary()["taskDefinition"] == good
    assert set(answers) == {"1"}
    with pytest.raises(ClientError, match="ConflictException"):
        site.ecs.stop_service_deployment(serviceDeploymentArn=deployment, stopType="ROLLBACK")


def test_an_aborted_deployment_starts_nothing_more(site: Site):
    site.launch(site.program("1", START_AFTER="60"), environment=[])
    deployment = site.service_deployment()["serviceDeploymentArn"]

    site.ecs.stop_service_deployment(serviceDeploymentArn=deployment, stopType="ABORT")

    assert site.ended()["status"] == "STOPPED"
    assert site.primary()["rolloutState"] == "FAILED"


def test_what_is_not_there_is_said(site: Site):
    site.create(site.define(site.image("1")))
    foreign = site.service()["currentServiceDeployment"][:-3] + "xyz"

    answer = site.ecs.describe_service_deployments(serviceDeploymentArns=[foreign])
    with pytest.raises(ClientError, match="ServiceDeploymentNotFoundException"):
        site.ecs.stop_service_deployment(serviceDeploymentArn=foreign)

    assert (answer["serviceDeployments"], answer["failures"]) == ([], [{"arn": foreign, "reason": "MISSING"}])


def test_a_deleted_service_drains_until_its_tasks_are_gone(site: Site):
    site.launch(site.image("1"), desired=1)
    site.ended()

    answer = site.ecs.delete_service(cluster=site.name, service=site.name, force=True)

    assert (answer["service"]["status"], answer["service"]["desiredCount"]) == ("DRAINING", 0)
    assert until(lambda: site.service()["status"] == "INACTIVE")
    assert until(lambda: site.target_states() == [])  # shown as draining for a while after it is over, as on AWS
    with pytest.raises(ClientError, match="ServiceNotActiveException"):
        site.ecs.update_service(cluster=site.name, service=site.name, desiredCount=1)
