"""An environment whose AWS is scripted: rollouts in it, and the answers that looks at them get."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from django.utils import timezone

from deployments import states
from deployments.models import Deployment, Placement
from deployments.rollouts.watch import watch
from provisioning.aws.patience import Patience
from provisioning.aws.session import forget_clients
from provisioning.models import Environment
from provisioning.sessions import LOOK, ONCE, session_for
from tests import factories

AT = datetime(2026, 1, 1, tzinfo=UTC)
OLD, NEW = "arn:task/web:1", "arn:task/web:2"
CHANGES = ("update_service", "stop_service_deployment", "update_task_protection")
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

    def answer(
        self,
        operation: str,
        answer: dict[str, Any],
        wanted: dict[str, Any] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._stub(operation, patience).add_response(operation, answer, wanted)

    def stopped(self, *seconds_ago: float, code: str = "EssentialContainerExited") -> None:
        """What ECS answers about tasks of the new release that stopped then, with exit code 1."""
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
        self.answer("list_tasks", {"taskArns": arns})
        if tasks:
            self.answer("describe_tasks", {"tasks": tasks})
        self.targets()
        for _ in tasks:
            self.answer("get_log_events", {"events": []})

    def targets(self, *verdicts: str, said: str = "") -> None:
        """What the load balancer answers of the service's targets; `said` about those that are not healthy."""
        found = [
            {
                "Target": {"Id": f"i-{number}", "Port": 32768},
                "TargetHealth": {"State": verdict} | ({"Description": said} if said and verdict != "healthy" else {}),
            }
            for number, verdict in enumerate(verdicts)
        ]
        self.answer("describe_target_health", {"TargetHealthDescriptions": found})

    def refuse(self, operation: str, code: str) -> None:
        self._stub(operation).add_client_error(operation, code)

    def _stub(self, operation: str, patience: Patience | None = None) -> Stubber:
        of = {"describe_target_health": "elbv2", "get_log_events": "logs"}
        return self.script(of.get(operation, "ecs"), patience or (ONCE if operation in CHANGES else LOOK))

    @staticmethod
    def moments_ago() -> str:
        return (timezone.now() - timedelta(seconds=2)).isoformat()

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
