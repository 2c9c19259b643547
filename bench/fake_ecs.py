"""ECS for accounts whose tasks nobody runs: answers from memory, and rollouts end when the bench says so.

Whatever it is asked and does not know, it refuses and keeps in `unknown`, so that no figure rests on a wrong answer.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from bench.stack import REGION

Said = dict[str, Any]
_numbers = count(1)


@dataclass
class Rollout:
    """One ECS deployment; `ends_at` (time.time()) is None while it may not end."""

    arn: str
    task_definition: str
    desired: int
    id: str = field(default_factory=lambda: f"ecs-svc/{next(_numbers):019}")
    created_at: float = field(default_factory=time.time)
    ends_at: float | None = None

    @property
    def is_over(self) -> bool:
        return self.ends_at is not None and time.time() >= self.ends_at

    @property
    def running(self) -> int:
        return self.desired if self.is_over else 0

    def said(self, status: str) -> Said:
        """As in `deployments` of a described service."""
        return {
            "id": self.id,
            "status": status,
            "taskDefinition": self.task_definition,
            "desiredCount": self.desired,
            "runningCount": self.running,
            "pendingCount": self.desired - self.running,
            "failedTasks": 0,
            "createdAt": self.created_at,
            "updatedAt": self.ends_at if self.is_over else self.created_at,
            "rolloutState": "COMPLETED" if self.is_over else "IN_PROGRESS",
            "rolloutStateReason": f"ECS deployment {self.id} {'completed' if self.is_over else 'in progress'}.",
        }

    def said_of_service(self, service: "FakeService") -> Said:
        """As a service deployment."""
        return {
            "serviceDeploymentArn": self.arn,
            "serviceArn": service.arn,
            "clusterArn": service.cluster,
            "status": "SUCCESSFUL" if self.is_over else "IN_PROGRESS",
            "createdAt": self.created_at,
            "startedAt": self.created_at,
            "updatedAt": self.created_at,
            **({"finishedAt": self.ends_at} if self.is_over else {}),
            "targetServiceRevision": {
                "arn": self.arn.replace("service-deployment", "service-revision"),
                "requestedTaskCount": self.desired,
                "runningTaskCount": self.running,
                "pendingTaskCount": self.desired - self.running,
            },
        }


@dataclass
class FakeService:
    """A service and its two newest rollouts, newest first."""

    arn: str
    cluster: str
    name: str
    rollouts: list[Rollout]

    def roll(self, task_definition: str, desired: int) -> Rollout:
        """A new rollout, which takes over from the last."""
        arn = f"{self.arn.replace(':service/', ':service-deployment/')}/{next(_numbers):022}"
        rollout = Rollout(arn, task_definition, desired)
        self.rollouts[:] = [rollout, *self.rollouts[:1]]
        return rollout

    def said(self) -> Said:
        """As DescribeServices has it."""
        newest, *older = self.rollouts
        deployments = [newest.said("PRIMARY")]
        deployments += [each.said("ACTIVE") for each in older if each.desired and not newest.is_over]
        return {
            "serviceArn": self.arn,
            "serviceName": self.name,
            "clusterArn": self.cluster,
            "status": "ACTIVE",
            "desiredCount": newest.desired,
            "runningCount": sum(each["runningCount"] for each in deployments),
            "pendingCount": newest.desired - newest.running,
            "taskDefinition": newest.task_definition,
            "deployments": deployments,
            "currentServiceDeployment": newest.arn,
            "events": [],
            "loadBalancers": [],
        }


class Refusal(Exception):
    """An answer with an error code of AWS."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class FakeEcs(ThreadingHTTPServer):
    """All clusters of one account; `described` counts the services that DescribeServices was asked for."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, account: str) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.account = account
        self.services: dict[tuple[str, str], FakeService] = {}
        self.definitions: dict[str, Said] = {}  # the newest of each family
        self.described = 0
        self.unknown: Counter[str] = Counter()
        self._lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def arn(self, kind: str, name: str) -> str:
        """The ARN of something of this account's ECS."""
        return f"arn:aws:ecs:{REGION}:{self.account}:{kind}/{name}"

    def end_all(self, seconds: float) -> dict[str, float]:
        """Every rollout under way ends within so many seconds, one after another; when, by service."""
        with self._lock:
            going = [each for each in self.services.values() if each.rollouts[0].ends_at is None]
            for number, service in enumerate(going, 1):
                service.rollouts[0].ends_at = time.time() + seconds * number / len(going)
            return {service.name: service.rollouts[0].ends_at or 0 for service in going}

    def answer(self, operation: str, asked: Said) -> tuple[int, Said]:
        """Status and body."""
        with self._lock:
            try:
                return 200, self._known(operation)(self, asked)
            except Refusal as refusal:
                return 400, {"__type": refusal.code, "message": str(refusal)}

    def _known(self, operation: str) -> "Operation":
        if operation not in OPERATIONS:
            self.unknown[operation] += 1
            raise Refusal("UnknownOperationException", f"The fake ECS does not know {operation}.")
        return OPERATIONS[operation]

    def describe_services(self, asked: Said) -> Said:
        self.described += len(asked["services"])
        keys = [(_name(asked["cluster"]), _name(each)) for each in asked["services"]]
        missing = [{"arn": self.arn("service", "/".join(key)), "reason": "MISSING"} for key in keys]
        return {
            "services": [self.services[key].said() for key in keys if key in self.services],
            "failures": [each for key, each in zip(keys, missing, strict=True) if key not in self.services],
        }

    def create_service(self, asked: Said) -> Said:
        cluster, name = _name(asked["cluster"]), asked["serviceName"]
        service = FakeService(self.arn("service", f"{cluster}/{name}"), self.arn("cluster", cluster), name, [])
        first = service.roll(asked["taskDefinition"], asked["desiredCount"])
        first.ends_at = None if first.desired else first.created_at
        self.services[cluster, name] = service
        return {"service": service.said()}

    def update_service(self, asked: Said) -> Said:
        service = self.services[_name(asked["cluster"]), _name(asked["service"])]
        service.roll(asked["taskDefinition"], asked["desiredCount"])
        return {"service": service.said()}

    def describe_service_deployments(self, asked: Said) -> Said:
        wanted = set(asked["serviceDeploymentArns"])
        return {
            "serviceDeployments": [
                rollout.said_of_service(service)
                for service in self.services.values()
                for rollout in service.rollouts
                if rollout.arn in wanted
            ],
            "failures": [],
        }

    def list_tasks(self, asked: Said) -> Said:
        service = self.services[_name(asked["cluster"]), _name(asked["serviceName"])]
        wanted = service.rollouts[0].desired if asked.get("desiredStatus", "RUNNING") == "RUNNING" else 0
        name = service.arn.replace(":service/", ":task/")
        return {"taskArns": [f"{name}.{number}" for number in range(wanted)]}

    def describe_tasks(self, asked: Said) -> Said:
        cluster = _name(asked["cluster"])
        return {"tasks": [self._task(cluster, arn) for arn in asked["tasks"]], "failures": []}

    def _task(self, cluster: str, arn: str) -> Said:
        newest = self.services[cluster, _name(arn).rpartition(".")[0]].rollouts[0]
        return {
            "taskArn": arn,
            "taskDefinitionArn": newest.task_definition,
            "lastStatus": "RUNNING" if newest.is_over else "PENDING",
            "desiredStatus": "RUNNING",
            "createdAt": newest.created_at,
            "containers": [],
        }

    def register_task_definition(self, asked: Said) -> Said:
        arn = self.arn("task-definition", f"{asked['family']}:{next(_numbers)}")
        self.definitions[asked["family"]] = asked | {"taskDefinitionArn": arn, "status": "ACTIVE"}
        return {"taskDefinition": self.definitions[asked["family"]]}

    def describe_task_definition(self, asked: Said) -> Said:
        family = _name(asked["taskDefinition"]).partition(":")[0]
        if family not in self.definitions:
            raise Refusal("ClientException", "Unable to describe task definition.")
        return {"taskDefinition": self.definitions[family], "tags": self.definitions[family].get("tags", [])}

    def describe_images(self, asked: Said) -> Said:
        found = [{"imageDigest": each["imageDigest"], "imagePushedAt": time.time()} for each in asked["imageIds"]]
        return {"imageDetails": [each | {"repositoryName": asked["repositoryName"]} for each in found]}


Operation = Callable[[FakeEcs, Said], Said]
OPERATIONS: dict[str, Operation] = {
    "CreateService": FakeEcs.create_service,
    "DescribeImages": FakeEcs.describe_images,
    "DescribeServiceDeployments": FakeEcs.describe_service_deployments,
    "DescribeServices": FakeEcs.describe_services,
    "DescribeTaskDefinition": FakeEcs.describe_task_definition,
    "DescribeTasks": FakeEcs.describe_tasks,
    "ListTasks": FakeEcs.list_tasks,
    "RegisterTaskDefinition": FakeEcs.register_task_definition,
    "UpdateService": FakeEcs.update_service,
}


def _name(name_or_arn: str) -> str:
    return name_or_arn.rpartition("/")[2]


class _Door(BaseHTTPRequestHandler):
    server: FakeEcs
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, said = self.server.answer(self.headers["X-Amz-Target"].rpartition(".")[2], asked)
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing: calls are counted by the doors."""
