"""What a look at the rollouts of a cluster costs: calls to AWS and statements, whatever the number of rollouts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from django.utils import timezone

from deployments import states
from deployments.models import Deployment, Placement
from deployments.rollouts import services
from deployments.rollouts.watch import watch
from provisioning.aws.patience import Patience
from provisioning.aws.session import forget_clients
from provisioning.models import Environment
from provisioning.sessions import LOOK, ONCE, session_for
from tests import factories

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 1, tzinfo=UTC)
OLD, NEW = "arn:task/web:1", "arn:task/web:2"
CHANGES = ("update_service", "stop_service_deployment")
RECORD = "arn:aws:ecs:eu-west-1:111111111111:service-deployment/acme-dev/web/2"


def ecs_deployment(of: str, status: str, state: str = "IN_PROGRESS", **counts: int) -> dict[str, Any]:
    return {
        "id": f"ecs-svc/{of[-1]}",
        "status": status,
        "taskDefinition": of,
        "rolloutState": state,
        "desiredCount": 2,
        "runningCount": 0,
        "createdAt": AT,
        "updatedAt": AT,
        **counts,
    }


def described(name: str, *deployments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A service as DescribeServices shows it; first with nothing of its new release running."""
    rolling = (ecs_deployment(NEW, "PRIMARY"), ecs_deployment(OLD, "ACTIVE", "COMPLETED", runningCount=2))
    return {
        "serviceArn": f"arn:{name}",
        "serviceName": name,
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 2,
        "currentServiceDeployment": RECORD,
        "deployments": list(deployments or rolling),
        **more,
    }


class Cluster:
    """An environment with rollouts, and the answers that AWS is going to give."""

    def __init__(self, environment: Environment, script: Callable[[str, Patience], Stubber]) -> None:
        self.environment, self.script = environment, script

    def rollout(self, name: str, state: str = states.ROLLING, **fields: Any) -> Deployment:
        service = factories.ServiceFactory(
            name=name, customer=self.environment.customer, account=self.environment.account
        )
        placement = factories.PlacementFactory(
            service=service,
            environment=self.environment,
            ecs_service_name=name,
            target_group_arn="arn:group",
            running=2,
            health=Placement.Health.HEALTHY,
        )
        values = {
            "previous": factories.ReleaseFactory(service=service, tag="v1"),
            "previous_task_definition_arn": OLD,
            "task_definition_arn": NEW,
            "ecs_deployment": "ecs-svc/2",
            "deadline_at": timezone.now() + timedelta(minutes=14),
            "started_at": AT,
        }
        made: Deployment = factories.DeploymentFactory(placement=placement, state=state, **(values | fields))
        Placement.objects.filter(pk=placement.pk).update(latest=made)
        return made

    def answer(self, operation: str, answer: dict[str, Any], wanted: dict[str, Any] | None = None) -> None:
        of = {"describe_target_health": "elbv2", "get_log_events": "logs"}
        patience = ONCE if operation in CHANGES else LOOK
        self.script(of.get(operation, "ecs"), patience).add_response(operation, answer, wanted)

    def look(self) -> None:
        watch(session_for(self.environment.account, self.environment.region, LOOK), self.environment)


@pytest.fixture
def cluster(acme) -> Iterator[Cluster]:
    account = factories.AwsAccountFactory(customer=acme, access="key", access_key_id="1" * 12, secret_access_key="x")
    environment = factories.EnvironmentFactory(customer=acme, account=account)
    stubs: dict[tuple[str, Patience], Stubber] = {}
    with ExitStack() as active:

        def script(service: str, patience: Patience) -> Stubber:
            if (service, patience) not in stubs:
                client = session_for(account, environment.region, patience).client(service)  # type: ignore[call-overload]
                stubs[service, patience] = active.enter_context(Stubber(client))
            return stubs[service, patience]

        script("ecs", LOOK), script("ecs", ONCE), script("elbv2", LOOK)
        yield Cluster(environment, script)
        for stub in stubs.values():
            stub.assert_no_pending_responses()
    forget_clients()


def test_one_call_serves_ten_rollouts_and_nobody_asks_for_tasks(cluster):
    names = [f"web-{number:02}" for number in range(23)]
    for name in names:
        cluster.rollout(name)
    for batch in (names[:10], names[10:20], names[20:]):
        cluster.answer(
            "describe_services",
            {"services": [described(name) for name in batch]},
            {"cluster": ANY, "services": batch},
        )

    cluster.look()

    assert {each.observed["new"]["desired"] for each in Deployment.objects.all()} == {2}


@pytest.mark.parametrize("many", [1, 20])
def test_a_look_at_which_nothing_is_new_writes_nothing(cluster, django_assert_num_queries, many):
    names = [f"web-{number:02}" for number in range(many)]
    for name in names:
        cluster.rollout(name)
    for _ in range(2):
        for at in range(0, many, 10):
            cluster.answer("describe_services", {"services": [described(name) for name in names[at : at + 10]]})
    cluster.look()

    with django_assert_num_queries(1):
        cluster.look()


def test_tasks_and_targets_are_asked_for_while_somebody_has_the_page_open(cluster):
    rollout = cluster.rollout("web")
    services.note_viewed(rollout)
    cluster.answer("describe_services", {"services": [described("web")]})
    cluster.answer("list_tasks", {"taskArns": []}, {"cluster": ANY, "serviceName": "web", "desiredStatus": "RUNNING"})
    cluster.answer("list_tasks", {"taskArns": []}, {"cluster": ANY, "serviceName": "web", "desiredStatus": "STOPPED"})
    target = {"Target": {"Id": "i-1", "Port": 32768}, "TargetHealth": {"State": "healthy"}}
    cluster.answer("describe_target_health", {"TargetHealthDescriptions": [target]})

    cluster.look()

    rollout.refresh_from_db()
    assert rollout.observed["targets"] == {"healthy": 1}


def test_a_page_that_was_closed_is_forgotten(cluster):
    cluster.rollout("web", viewed_at=timezone.now() - timedelta(minutes=1))
    cluster.answer("describe_services", {"services": [described("web")]})

    cluster.look()


def test_a_task_that_failed_is_looked_at_once(cluster):
    rollout = cluster.rollout("web")
    failing = described("web", ecs_deployment(NEW, "PRIMARY", failedTasks=1))
    cluster.answer("describe_services", {"services": [failing]})
    cluster.answer("list_tasks", {"taskArns": ["arn:task/1"]})
    task = {"taskArn": "arn:task/1", "taskDefinitionArn": NEW, "stoppedReason": "Gone", "createdAt": AT}
    cluster.answer("describe_tasks", {"tasks": [task]})
    cluster.answer("describe_services", {"services": [failing]})
    cluster.answer("describe_target_health", {"TargetHealthDescriptions": []})

    cluster.look()
    cluster.look()

    assert [each.stopped_reason for each in rollout.stopped_tasks.all()] == ["Gone"]


def test_the_record_is_asked_for_when_rollouts_look_over_all_of_them_at_once(cluster):
    rollouts = [cluster.rollout(name) for name in ("api", "web")]
    over = ecs_deployment(NEW, "PRIMARY", "COMPLETED", runningCount=2)
    records = {name: f"{RECORD}-{name}" for name in ("api", "web")}
    said = [described(name, over, currentServiceDeployment=record) for name, record in records.items()]
    cluster.answer("describe_services", {"services": said})
    cluster.answer(
        "describe_service_deployments",
        {"serviceDeployments": [{"serviceDeploymentArn": arn, "status": "SUCCESSFUL"} for arn in records.values()]},
        {"serviceDeploymentArns": list(records.values())},
    )

    cluster.look()

    for rollout in rollouts:
        rollout.refresh_from_db()
        assert (rollout.state, rollout.reason) == (
            states.SUCCEEDED,
            f"{rollout.release.name} serves with 2 of 2 tasks.",
        )
        assert rollout.watched_until is not None


def test_a_record_from_before_the_rollout_is_not_taken_for_its_own(cluster):
    rollout = cluster.rollout("web", service_deployment_before=RECORD)
    cluster.answer("describe_services", {"services": [described("web")]})

    cluster.look()

    rollout.refresh_from_db()
    assert rollout.service_deployment == ""


def test_a_cancel_is_ecs_own_stop_of_its_rollout(cluster, bob):
    rollout = cluster.rollout("web", cancel_requested_by=bob, service_deployment=RECORD)
    cluster.answer("describe_services", {"services": [described("web")]})
    cluster.answer("list_tasks", {"taskArns": []})
    cluster.answer("describe_target_health", {"TargetHealthDescriptions": []})
    cluster.answer("describe_services", {"services": [described("web")]})
    under_way = {"serviceDeployments": [{"serviceDeploymentArn": RECORD, "status": "IN_PROGRESS"}]}
    cluster.answer("describe_service_deployments", under_way)
    cluster.answer("stop_service_deployment", {}, {"serviceDeploymentArn": RECORD, "stopType": "ROLLBACK"})

    cluster.look()
    cluster.look()

    rollout.refresh_from_db()
    assert rollout.state == states.ROLLING_BACK


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

    def stopped(self, cluster: Cluster, *seconds_ago: float, code: str = "EssentialContainerExited") -> None:
        """What ECS answers about tasks that stopped then, with exit code 1."""
        arns = [f"arn:task/{seconds}" for seconds in seconds_ago]
        tasks = [
            {
                "taskArn": arn,
                "taskDefinitionArn": NEW,
                "createdAt": AT,
                "stoppedAt": timezone.now() - timedelta(seconds=seconds),
                "stopCode": code,
                "stoppedReason": "Essential container in task exited",
                "containers": [{"exitCode": 1}],
            }
            for arn, seconds in zip(arns, seconds_ago, strict=True)
        ]
        cluster.answer("list_tasks", {"taskArns": arns})
        if tasks:
            cluster.answer("describe_tasks", {"tasks": tasks})
        cluster.answer("describe_target_health", {"TargetHealthDescriptions": []})
        for _ in tasks:
            cluster.answer("get_log_events", {"events": []})

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
        self.stopped(cluster, 20, 5)

        cluster.look()

        deployment.refresh_from_db()
        assert deployment.state == states.ROLLING_BACK
        assert deployment.cause.startswith("It restarts again and again: ")
        assert deployment.reason.endswith("v1 is coming back.")

    def test_tasks_that_ecs_took_away_are_no_reason(self, cluster):
        deployment = self.succeeded(cluster)
        cluster.answer("describe_services", {"services": [self.replaced()]})
        self.stopped(cluster, 20, 5, code="ServiceSchedulerInitiated")

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
