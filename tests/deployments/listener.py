# ruff: noqa: N803 - parameters are called as in AWS
"""A load balancer of our own: it refuses and answers as AWS's does, and counts what it is asked."""

import re
from collections.abc import Callable
from typing import Any, NoReturn

from botocore.exceptions import ClientError

LAST = 50_000


def refuse(code: str, operation: str) -> NoReturn:
    raise ClientError({"Error": {"Code": code, "Message": code}}, operation)


def matches(pattern: str, text: str) -> bool:
    """AWS's wildcards: * is any text, also none; ? is one character."""
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern)
    return re.fullmatch("".join(parts), text) is not None


class LoadBalancer:
    """One listener with its target groups; stands in for a session and for its client of elbv2."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, Any]] = {}
        self.delays: dict[str, str] = {}
        self.rules: dict[str, dict[str, Any]] = {}
        self.made = 0  # rules, for their names
        self.calls: list[str] = []
        self.refused: dict[str, str] = {}  # by operation: the code it is refused with
        self.before: Callable[[str], None] = lambda _: None
        self.after: Callable[[], None] = lambda: None

    def client(self, service: str) -> "LoadBalancer":
        assert service == "elbv2"
        return self

    def get_paginator(self, name: str) -> "LoadBalancer":
        assert name == "describe_rules"
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        self._asked("describe_rules")
        default = {"RuleArn": "rule/default", "Priority": "default", "Conditions": [], "Actions": []}
        rules = [*({**rule, "Priority": str(rule["Priority"])} for rule in self.rules.values()), default]
        return [{"Rules": rules[:2]}, {"Rules": rules[2:]}]

    def describe_target_groups(self, Names: list[str]) -> dict[str, Any]:
        self._asked("describe_target_groups")
        assert len(Names) <= 20
        if not set(Names) <= self.groups.keys():
            refuse("TargetGroupNotFound", "DescribeTargetGroups")
        return {"TargetGroups": [self.groups[name] for name in Names]}

    def create_target_group(self, Name: str, **settings: Any) -> dict[str, Any]:
        self._asked("create_target_group")
        if Name in self.groups:
            refuse("DuplicateTargetGroupName", "CreateTargetGroup")
        self.groups[Name] = {"TargetGroupArn": f"group/{Name}", "TargetGroupName": Name, **settings}
        return {"TargetGroups": [self.groups[Name]]}

    def modify_target_group(self, TargetGroupArn: str, **settings: Any) -> dict[str, Any]:
        self._asked("modify_target_group")
        self.groups[TargetGroupArn.removeprefix("group/")].update(settings)
        return {}

    def modify_target_group_attributes(self, TargetGroupArn: str, Attributes: list[dict[str, str]]) -> dict[str, Any]:
        self._asked("modify_target_group_attributes")
        self.delays[TargetGroupArn] = Attributes[0]["Value"]
        return {}

    def create_rule(self, ListenerArn: str, Priority: int, **says: Any) -> dict[str, Any]:
        self._asked("create_rule")
        if Priority in self.priorities().values():
            refuse("PriorityInUse", "CreateRule")
        assert 1 <= Priority <= LAST
        self.made += 1
        arn = f"rule/{self.made}"
        self.rules[arn] = {"RuleArn": arn, "Priority": Priority, **says}
        self.after()
        return {"Rules": [{**self.rules[arn], "Priority": str(Priority)}]}

    def modify_rule(self, RuleArn: str, Conditions: list[dict[str, Any]]) -> dict[str, Any]:
        self._asked("modify_rule")
        if RuleArn not in self.rules:
            refuse("RuleNotFound", "ModifyRule")
        self.rules[RuleArn]["Conditions"] = Conditions
        self.after()
        return {}

    def set_rule_priorities(self, RulePriorities: list[dict[str, Any]]) -> dict[str, Any]:
        self._asked("set_rule_priorities")
        wanted = self.priorities() | {each["RuleArn"]: each["Priority"] for each in RulePriorities}
        if not wanted.keys() <= self.rules.keys():
            refuse("RuleNotFound", "SetRulePriorities")
        if len(set(wanted.values())) < len(wanted):
            refuse("PriorityInUse", "SetRulePriorities")
        for arn, priority in wanted.items():
            assert 1 <= priority <= LAST
            self.rules[arn]["Priority"] = priority
        self.after()
        return {}

    def _asked(self, operation: str) -> None:
        self.before(operation)
        self.calls.append(operation)
        if operation in self.refused:
            refuse(self.refused[operation], operation)

    def priorities(self) -> dict[str, int]:
        return {arn: rule["Priority"] for arn, rule in self.rules.items()}

    def add_by_hand(self, priority: int, host: str = "by-hand.example", group: str = "group/other") -> str:
        arn = f"rule/by-hand-{priority}"
        conditions = [{"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}]
        actions = [{"Type": "forward", "TargetGroupArn": group}]
        self.rules[arn] = {"RuleArn": arn, "Priority": priority, "Conditions": conditions, "Actions": actions}
        return arn

    def answer(self, host: str, path: str) -> str:
        """The ARN of the target group that answers a request; empty where the default rule does."""
        for rule in sorted(self.rules.values(), key=lambda rule: rule["Priority"]):
            if all(_holds(condition, host, path) for condition in rule["Conditions"]):
                return str(rule["Actions"][0].get("TargetGroupArn"))
        return ""


def _holds(condition: dict[str, Any], host: str, path: str) -> bool:
    if "HostHeaderConfig" in condition:
        return any(matches(value.lower(), host.lower()) for value in condition["HostHeaderConfig"]["Values"])
    return any(matches(value, path) for value in condition["PathPatternConfig"]["Values"])
