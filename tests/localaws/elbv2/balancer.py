"""A load balancer of the tests, made with boto3 alone."""

import http.client
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any

from tests.localaws.site import ACCOUNT, client, until

_numbers = count(1)
NOTHING = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "nothing here"}


def fixed(status: int, body: str = "") -> dict[str, Any]:
    config = {"StatusCode": str(status), "ContentType": "text/plain", "MessageBody": body}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def forward(group: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": group}


def weighted(weights: dict[str, int]) -> dict[str, Any]:
    groups = [{"TargetGroupArn": group, "Weight": weight} for group, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def path(*values: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


@dataclass
class Balancer:
    port: int
    account: str = ACCOUNT
    name: str = field(default_factory=lambda: f"web{next(_numbers)}")

    @cached_property
    def elb(self) -> Any:
        return client(self.port, "elbv2", self.account)

    @cached_property
    def arn(self) -> str:
        made = self.elb.create_load_balancer(Name=self.name, Subnets=["subnet-1", "subnet-2"])
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    @cached_property
    def listener(self) -> str:
        """It answers 404 to what no rule takes."""
        made = self.elb.create_listener(
            LoadBalancerArn=self.arn,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": NOTHING}],
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def group(self, delay: int = 30, **settings: Any) -> str:
        asked = {"HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 5, "UnhealthyThresholdCount": 2}
        made = self.elb.create_target_group(
            Name=f"group{next(_numbers)}", Protocol="HTTP", Port=80, VpcId="vpc-1", **{**asked, **settings}
        )
        arn = str(made["TargetGroups"][0]["TargetGroupArn"])
        attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}]
        self.elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=attributes)
        return arn

    def rule(self, action: dict[str, Any], *conditions: dict[str, Any], priority: int = 1) -> str:
        made = self.elb.create_rule(
            ListenerArn=self.listener,
            Priority=priority,
            Conditions=list(conditions) or [path("*")],
            Actions=[action],
        )
        return str(made["Rules"][0]["RuleArn"])

    def register(self, group: str, *ports: int, state: str = "healthy") -> None:
        """And wait until all targets of the group are in this state."""
        self.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": port} for port in ports])
        until(lambda: set(self.states(group).values()) == {state})

    def deregister(self, group: str, *ports: int) -> None:
        targets = [{"Id": "127.0.0.1", "Port": port} for port in ports]
        self.elb.deregister_targets(TargetGroupArn=group, Targets=targets)

    def described(self, group: str) -> list[dict[str, Any]]:
        return list(self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"])

    def states(self, group: str) -> dict[int, str]:
        return {each["Target"]["Port"]: each["TargetHealth"]["State"] for each in self.described(group)}

    def behind(self, *ports: int, **settings: Any) -> str:
        """All requests go to these servers; gives their target group."""
        group = self.group(**settings)
        self.rule(forward(group))
        self.register(group, *ports)
        return group

    @property
    def base(self) -> str:
        return f"/_alb/{self.name}" if self.account == ACCOUNT else f"/_alb/{self.account}/{self.name}"

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, path: str = "/", method: str = "GET", body: Any = None, **headers: str) -> tuple[int, str]:
        connection = self.connect()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, self.base + path, body, named)
        said = connection.getresponse()
        answer = said.status, said.read().decode()
        connection.close()
        return answer
