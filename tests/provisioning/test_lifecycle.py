"""An environment from a wish to ready and away again, against the local AWS and by the portal's own steps."""

import pytest
from django.db import connection

from provisioning import states, tasks
from provisioning.aws.session import AwsSession, forget_clients
from provisioning.changes.selectors import resources_of
from provisioning.environments import services
from provisioning.environments.selectors import progress_of
from provisioning.facts import cluster_of, facts_of, load_balancer_url
from provisioning.models import Stack
from tests import factories
from tests.callers import by
from tests.conftest import free_port
from tests.provisioning.conftest import drive, moves, own_stacks, step

pytestmark = [pytest.mark.localaws, pytest.mark.django_db]


def test_a_wish_becomes_a_plan_of_which_nothing_is_made(aws, wish):
    row = drive(wish("Planned"))

    assert row.state == states.PLANNED
    assert {each["action"] for each in row.change.plan} == {"Add"}
    assert all(each["purpose"] for each in row.change.plan)
    assert {each.status for each in resources_of(row)} == {"PLANNED"}
    assert resources_of(row).count() == len(row.change.plan) > 30
    assert own_stacks(aws, row) == ["REVIEW_IN_PROGRESS"]


def test_an_approved_plan_is_made_and_ends_ready_with_its_outputs(aws, ready, settings):
    settings.LOAD_BALANCER_URL = "http://{name}.test/{dns_name}"

    row = ready("Made")

    assert moves(row) == ["planning", "planned", "creating", "ready"]
    assert {each.status for each in resources_of(row)} == {"CREATE_COMPLETE"}
    assert all(each.purpose and each.physical_id for each in resources_of(row))
    assert cluster_of(row) == "acme-made"
    assert load_balancer_url(row) == f"http://acme-made.test/{facts_of(row).load_balancer_dns}"
    vpc = aws("ec2").describe_vpcs(VpcIds=[facts_of(row).vpc_id])["Vpcs"][0]
    assert vpc["CidrBlock"] == row.network
    stack = aws("cloudformation").describe_stacks(StackName=row.aws_name)["Stacks"][0]
    assert {tag["Key"]: tag["Value"] for tag in stack["Tags"]}["in4it:environment"] == str(row.pk)
    assert stack["EnableTerminationProtection"] is False


def test_progress_grows_while_aws_works(aws, wish, alice):
    row = drive(wish("Slow"))
    services.approve(row, by(alice))
    seen = []
    drive(row, until=lambda each: seen.append(progress_of(each, resources_of(each)).done) or False)

    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert progress_of(row, resources_of(row)).done == progress_of(row, resources_of(row)).total


def test_a_deleted_environment_leaves_nothing_at_aws_and_frees_its_name(aws, ready, wish, alice):
    row = ready("Brief")
    services.request_deletion(row, "Brief", by(alice))
    drive(row)

    assert row.state == states.DELETED
    assert own_stacks(aws, row) == []
    assert {each.status for each in resources_of(row)} == {"DELETE_COMPLETE"}
    assert wish("Brief").slug == "brief"


def test_a_plan_that_is_discarded_leaves_nothing_at_aws(aws, wish, alice):
    row = drive(wish("Thrown"))
    services.request_deletion(row, "Thrown", by(alice))
    drive(row)

    assert row.state == states.DELETED
    assert own_stacks(aws, row) == []


def test_production_is_protected_until_its_deletion_is_asked_for(aws, ready, alice):
    row = ready("Live", kind="production", size="medium")
    stack = aws("cloudformation").describe_stacks(StackName=row.aws_name)["Stacks"][0]
    assert stack["EnableTerminationProtection"] is True

    services.request_deletion(row, "Live", by(alice))
    assert drive(row).state == states.DELETED


def test_services_in_it_are_stopped_before_the_environment_is_deleted(aws, ready, alice):
    row = ready("Full")
    ecs, elb = aws("ecs"), aws("elbv2")
    container = {"name": "api", "image": "api", "memory": 64, "essential": True}
    ecs.register_task_definition(family="api", containerDefinitions=[container])
    ecs.create_service(cluster=cluster_of(row), serviceName="api", taskDefinition="api", desiredCount=1)
    group = elb.create_target_group(Name="acme-full-api", Protocol="HTTP", Port=80, VpcId=facts_of(row).vpc_id)
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    service = factories.ServiceFactory(customer=row.customer, account=row.account, name="api")
    placement = factories.PlacementFactory(
        service=service,
        environment=row,
        ecs_service_name="api",
        target_group_arn=arn,
        rule_priority=7,
        release=factories.ReleaseFactory(service=service),
        health="unhealthy",
        running=1,
    )

    services.request_deletion(row, "Full", by(alice))

    assert drive(row).state == states.DELETED
    placement.refresh_from_db()
    assert (placement.release, placement.health, placement.running) == (None, "unknown", 0)
    assert (placement.target_group_arn, placement.ecs_service_name, placement.rule_priority) == ("", "", None)
    assert arn not in {each["TargetGroupArn"] for each in elb.describe_target_groups()["TargetGroups"]}


def test_a_resource_that_fails_is_named_with_its_cause_and_a_retry_makes_everything_anew(aws, wish, alice):
    row = drive(wish("Broken"))
    services.approve(row, by(alice))
    _lose_the_cluster(aws, row)
    drive(row)

    assert row.state == states.FAILED
    assert str(row.reason).startswith("The link of the cluster to its hosts (ClusterCapacity) could not be made:")
    assert row.change.advice
    assert resources_of(row).get(logical_id="ClusterCapacity").look == "failed"

    services.retry(row, by(alice))
    assert drive(row).state == states.PLANNED
    assert list(row.changes.values_list("kind", "state")) == [("create", "failed"), ("create", "planned")]
    services.approve(row, by(alice))
    assert drive(row).state == states.READY
    assert own_stacks(aws, row) == ["CREATE_COMPLETE"]


def _lose_the_cluster(aws, row) -> None:
    """Somebody deletes the cluster before its hosts are linked to it."""

    def is_made(each) -> bool:
        return resources_of(each).filter(logical_id="Cluster", status="CREATE_COMPLETE").exists()

    drive(row, until=is_made)
    aws("ecs").delete_cluster(cluster=row.aws_name)


def test_what_cannot_be_deleted_is_named_and_the_rest_goes_once_the_cause_is_gone(aws, ready, alice):
    row = ready("Sticky")
    subnet = aws("ec2").create_subnet(VpcId=facts_of(row).vpc_id, CidrBlock=row.network.replace(".0.0/16", ".200.0/24"))
    services.request_deletion(row, "Sticky", by(alice))
    drive(row)

    assert row.state == states.DELETE_FAILED
    assert str(row.reason).startswith("The network (Vpc) could not be deleted:")
    assert resources_of(row).get(logical_id="Vpc").look == "delete_failed"

    aws("ec2").delete_subnet(SubnetId=subnet["Subnet"]["SubnetId"])
    services.request_deletion(row, "Sticky", by(alice))
    assert drive(row).state == states.DELETED


def test_a_plan_that_aws_refuses_fails_with_a_sentence_and_can_be_tried_again(aws, wish, alice, settings):
    right, settings.HOST_IMAGE_PARAMETER = settings.HOST_IMAGE_PARAMETER, "/no/such/parameter"
    row = drive(wish("Refused"))
    assert row.state == states.FAILED
    assert str(row.reason).startswith("AWS could not plan the environment")

    settings.HOST_IMAGE_PARAMETER = right
    services.retry(row, by(alice))
    assert drive(row).state == states.PLANNED


def test_a_stack_of_somebody_else_with_the_same_name_is_left_alone(aws, wish):
    topic = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    aws("cloudformation").create_stack(StackName="acme-foreign", TemplateBody=topic)
    row = drive(wish("Foreign"))

    assert row.state == states.FAILED
    assert str(row.reason) == (
        "The account holds a stack named acme-foreign already, and the portal did not make it for this environment."
    )
    assert own_stacks(aws, row) == ["CREATE_COMPLETE"]


def test_a_stack_removed_by_hand_while_it_is_made_is_a_failure_that_says_so(aws, wish, alice):
    row = drive(wish("Vanished"))
    services.approve(row, by(alice))
    aws("cloudformation").delete_stack(StackName=row.aws_name)
    drive(row)

    assert (row.state, str(row.change.advice)) == (states.FAILED, "Try again.")
    assert "removed outside the portal" in str(row.reason)


def test_an_environment_removed_by_hand_counts_as_deleted(aws, ready, alice):
    row = ready("Gone")
    aws("cloudformation").delete_stack(StackName=row.aws_name)
    services.request_deletion(row, "Gone", by(alice))

    assert drive(row).state == states.DELETED


def test_while_aws_is_unreachable_the_work_waits_and_says_so(aws, wish, settings):
    row = wish("Waiting")
    step(row)
    there, settings.AWS_ENDPOINT_URL = settings.AWS_ENDPOINT_URL, f"http://127.0.0.1:{free_port()}"
    forget_clients()
    step(row)
    assert row.state == states.PLANNING
    assert "could not be reached" in str(row.change.problem)

    settings.AWS_ENDPOINT_URL = there
    forget_clients()
    assert drive(row).state == states.PLANNED
    assert str(row.change.problem) == ""


def test_a_bug_of_ours_is_told_apart_and_its_traceback_kept(aws, wish, alice):
    row = wish("Buggy")
    Stack.objects.update(template="gigantic")
    drive(row)

    assert row.state == states.ERRORED
    assert "on our side" in str(row.reason)
    assert "gigantic" in row.change.traceback

    Stack.objects.update(template="environment")
    services.retry(row, by(alice))
    assert drive(row).state == states.PLANNED
    assert row.change.traceback == ""


def test_aws_is_never_called_inside_a_transaction(aws, ready, alice, monkeypatch):
    outside, plain, called = len(connection.savepoint_ids), AwsSession.client, set()

    def client(session: AwsSession, service: str):
        assert len(connection.savepoint_ids) == outside
        called.add(service)
        return plain(session, service)

    monkeypatch.setattr(AwsSession, "client", client)
    row = ready("Outside")
    services.request_deletion(row, "Outside", by(alice))

    assert drive(row).state == states.DELETED
    assert called == {"cloudformation"}


def test_rows_of_resources_are_written_in_one_statement_a_look(aws, wish, alice, django_assert_max_num_queries):
    row = drive(wish("Counted"))
    services.approve(row, by(alice))
    drive(row, until=lambda each: resources_of(each).filter(status="CREATE_COMPLETE").exists())

    change = row.change
    with django_assert_max_num_queries(8):
        tasks.step_change(change.pk, change.seq)
    assert resources_of(row).count() == len(row.change.plan)
