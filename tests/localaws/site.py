"""A small customer's site on the local AWS, built with boto3 alone: a cluster, a load balancer and one service."""

import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from provisioning.localaws import control
from provisioning.localaws.ecr.registry import Repository
from provisioning.localaws.sample import images
from provisioning.localaws.sample.interpreter import executable, interpreter_layer
from provisioning.localaws.sample.layers import File, build_layer

PROGRAM = Path(__file__).with_name("program.py")
ACCOUNT = "111111111111"
REGION = "eu-west-1"
PATIENCE = 90  # seconds for anything at all to happen

_numbers = count(1)


def client(port: int, name: str, key: str = ACCOUNT, secret: str = "test", *, region: str = REGION) -> Any:
    return boto3.client(
        name,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(read_timeout=90, retries={"max_attempts": 1}),
    )


def until(what: Any) -> Any:
    """The first true answer of `what`, asked again and again."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = what()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come true in {PATIENCE} seconds")


@dataclass
class LocalAws:
    port: int
    runtime: str
    process: subprocess.Popen[bytes]

    def client(self, name: str) -> Any:
        return client(self.port, name)

    def stop(self) -> None:
        control.stop(self.process)

    @property
    def registry(self) -> str:
        return f"127.0.0.1:{self.port}"

    def push(self, repository: str, version: str, fault: str = "") -> str:
        """Push the sample and return the image reference, by digest, that a task definition would carry."""
        digest = images.push_sample(
            self.registry, repository, version, version=version, fault=fault, runtime=self.runtime
        )
        return f"{self.registry}/{repository}@{digest}"


@dataclass
class Site:
    """One service of one cluster behind one load balancer."""

    aws: LocalAws
    path: str = "/*"
    host: str = ""
    name: str = field(default_factory=lambda: f"web{next(_numbers)}")

    @cached_property
    def ecs(self) -> Any:
        return self.aws.client("ecs")

    @cached_property
    def elb(self) -> Any:
        return self.aws.client("elbv2")

    @cached_property
    def group(self) -> str:
        created = self.elb.create_target_group(
            Name=self.name, Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="instance", HealthCheckPath="/health"
        )
        return str(created["TargetGroups"][0]["TargetGroupArn"])

    @cached_property
    def listener(self) -> str:
        balancer = self.elb.create_load_balancer(Name=self.name, Subnets=["subnet-1", "subnet-2"])["LoadBalancers"][0]
        nothing = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "nothing here"}
        created = self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": nothing}],
        )
        return str(created["Listeners"][0]["ListenerArn"])

    def build(self) -> "Site":
        self.aws.client("ecr").create_repository(repositoryName=self.name, imageTagMutability="IMMUTABLE")
        self.aws.client("logs").create_log_group(logGroupName=self.name)
        self.ecs.create_cluster(clusterName=self.name)
        condition = {"Field": "path-pattern", "Values": [self.path]}
        if self.host:
            condition = {"Field": "host-header", "Values": [self.host]}
        self.elb.create_rule(
            ListenerArn=self.listener,
            Priority=1,
            Conditions=[condition],
            Actions=[{"Type": "forward", "TargetGroupArn": self.group}],
        )
        return self

    def image(self, version: str, fault: str = "") -> str:
        return self.aws.push(self.name, version, fault)

    def program(self, version: str, **variables: str) -> str:
        """An image of the test program, by digest, that misbehaves as the variables say."""
        layers, command = [build_layer({"/app/app.py": File(PROGRAM.read_bytes())})], ["python3", "/app/app.py"]
        if self.aws.runtime == "docker":
            layers, command = [interpreter_layer(PROGRAM), *layers], [str(executable()), "-S", "/app/app.py"]
        config = images.image_config(layers, command, {"VERSION": version, "PORT": "8080", **variables}, version)
        digest = images._push(Repository(self.aws.registry, self.name), version, layers, config)
        return f"{self.aws.registry}/{self.name}@{digest}"

    def missing_image(self) -> str:
        return f"{self.aws.registry}/{self.name}@sha256:{'0' * 64}"

    def define(self, image: str, **container: Any) -> str:
        definition = {
            "name": "web",
            "image": image,
            "memory": 128,
            "cpu": 64,
            "essential": True,
            "portMappings": [{"containerPort": 8080, "hostPort": 0, "protocol": "tcp"}],
            "environment": [{"name": "APP_NAME", "value": self.name}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": self.name, "awslogs-region": REGION, "awslogs-stream-prefix": "app"},
            },
            **container,
        }
        registered = self.ecs.register_task_definition(
            family=self.name, networkMode="bridge", containerDefinitions=[definition]
        )
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def create(self, definition: str, desired: int = 0) -> None:
        self.ecs.create_service(
            cluster=self.name,
            serviceName=self.name,
            taskDefinition=definition,
            desiredCount=desired,
            loadBalancers=[{"targetGroupArn": self.group, "containerName": "web", "containerPort": 8080}],
            deploymentConfiguration={
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                "minimumHealthyPercent": 100,
                "maximumPercent": 200,
            },
        )

    def update(self, definition: str, desired: int = 2, **settings: Any) -> None:
        self.ecs.update_service(
            cluster=self.name,
            service=self.name,
            taskDefinition=definition,
            desiredCount=desired,
            forceNewDeployment=True,
            **settings,
        )

    def launch(self, image: str, desired: int = 2, **container: Any) -> str:
        """The service's first deployment, made as the portal makes it: created empty, then updated."""
        definition = self.define(image, **container)
        self.create(definition)
        self.update(definition, desired)
        return definition

    def release(self, image: str, **container: Any) -> str:
        definition = self.define(image, **container)
        self.update(definition)
        return definition

    def service_deployment(self) -> dict[str, Any]:
        """The current one, as DescribeServiceDeployments tells it."""
        arn = self.service()["currentServiceDeployment"]
        found = self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
        return dict(found[0])

    def ended(self) -> dict[str, Any]:
        """The current service deployment, once it is over."""

        def over() -> dict[str, Any] | None:
            found = self.service_deployment()
            return found if "finishedAt" in found else None

        return dict(until(over))

    def running_tasks(self) -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster=self.name)["taskArns"]
        return list(self.ecs.describe_tasks(cluster=self.name, tasks=arns)["tasks"]) if arns else []

    def close(self) -> None:
        """End the service's tasks, which would otherwise slow the tests that follow."""
        if self.ecs.list_services(cluster=self.name)["serviceArns"]:
            self.ecs.delete_service(cluster=self.name, service=self.name, force=True)

    def service(self) -> dict[str, Any]:
        found = self.ecs.describe_services(cluster=self.name, services=[self.name])["services"][0]
        return dict(found)

    def primary(self) -> dict[str, Any]:
        return next(each for each in self.service()["deployments"] if each["status"] == "PRIMARY")

    def settled(self) -> dict[str, Any]:
        """The primary deployment, once it is COMPLETED or FAILED."""

        def over() -> dict[str, Any] | None:
            primary = self.primary()
            return primary if primary["rolloutState"] != "IN_PROGRESS" else None

        return dict(until(over))

    def has_one_deployment(self) -> bool:
        """Whether what the primary deployment replaced is gone, which AWS lists while its tasks drain."""
        return [each["status"] for each in self.service()["deployments"]] == ["PRIMARY"]

    def events(self) -> str:
        return "\n".join(event["message"] for event in self.service()["events"])

    def stopped_tasks(self) -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster=self.name, desiredStatus="STOPPED")["taskArns"]
        return list(self.ecs.describe_tasks(cluster=self.name, tasks=arns)["tasks"]) if arns else []

    def log_lines(self) -> list[str]:
        found = self.aws.client("logs").filter_log_events(logGroupName=self.name)["events"]
        return [event["message"] for event in found]

    def target_states(self) -> list[str]:
        found = self.elb.describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"]
        return sorted(each["TargetHealth"]["State"] for each in found)

    def get(self, path: str = "/", host: str = "") -> tuple[int, str]:
        request = urllib.request.Request(f"http://{self.aws.registry}/_alb/{self.name}{path}")
        if host:
            request.add_header("Host", host)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    @contextmanager
    def traffic(self) -> Iterator[Counter[str]]:
        """Counts the answers to some 20 requests a second, two at least: who served each, or what went wrong."""
        answers: Counter[str] = Counter()
        over = threading.Event()

        def send() -> None:
            while True:
                status, body = self.get()
                answers[body.split('"version": "')[1].split('"')[0] if status == 200 else f"{status} {body}"] += 1
                if over.wait(0.1):
                    return

        senders = [threading.Thread(target=send) for _ in range(2)]
        for sender in senders:
            sender.start()
        try:
            yield answers
        finally:
            over.set()
            for sender in senders:
                sender.join()
