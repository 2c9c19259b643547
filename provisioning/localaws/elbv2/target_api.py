"""The API of target groups and targets, answered from the registry."""

from collections.abc import Iterable, Mapping
from typing import Any

from provisioning.localaws.elbv2 import store
from provisioning.localaws.elbv2.registry import Target
from provisioning.localaws.elbv2.rules import weights_of
from provisioning.localaws.elbv2.targets import REGISTRY
from provisioning.localaws.elbv2.verdicts import Health
from provisioning.localaws.elbv2.wire import Answer, Record, Refusal, answer, nested

Parameters = Mapping[str, Any]
NOT_FOUND = "One or more target groups not found"


def describe_target_groups(parameters: Parameters) -> Answer:
    asked = nested(parameters)
    arns, names = asked.get("TargetGroupArns"), asked.get("Names")
    found = store.all_target_groups()
    if arns or names:
        wanted = {*(arns or ()), *(names or ())}
        found = [group for group in found if {group["TargetGroupArn"], group["TargetGroupName"]} & wanted]
        if len(found) < len(wanted):
            raise Refusal("TargetGroupNotFound", NOT_FOUND)
    users = _load_balancers_by_group()
    if asked.get("LoadBalancerArn"):
        found = [group for group in found if asked["LoadBalancerArn"] in users.get(group["TargetGroupArn"], ())]
    shown = [{**group, "LoadBalancerArns": users.get(group["TargetGroupArn"], [])} for group in found]
    return answer("DescribeTargetGroups", {"TargetGroups": shown})


def delete_target_group(parameters: Parameters) -> Answer:
    arn = _group(nested(parameters))["TargetGroupArn"]
    if arn in _load_balancers_by_group():
        raise Refusal("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
    store.ask_ministack("DeleteTargetGroup", parameters)
    return answer("DeleteTargetGroup")


def _load_balancers_by_group() -> dict[str, list[str]]:
    """ARNs of the load balancers whose rules send requests to each group."""
    users: dict[str, list[str]] = {}
    for listener in store.all_listeners():
        for rule in store.rules(listener["ListenerArn"]):
            for action in rule.get("Actions") or ():
                for group in weights_of(action):
                    if listener["LoadBalancerArn"] not in users.setdefault(group, []):
                        users[group].append(listener["LoadBalancerArn"])
    return users


def register_targets(parameters: Parameters) -> Answer:
    asked = nested(parameters)
    group = _group(asked)
    _, region = store.scope_of(group["TargetGroupArn"])
    for sent in asked.get("Targets") or ():
        REGISTRY.register(_target(group, sent), sent.get("AvailabilityZone") or f"{region}a")
    return answer("RegisterTargets")


def deregister_targets(parameters: Parameters) -> Answer:
    """A target that is named without a port leaves with all its ports."""
    asked = nested(parameters)
    group = _group(asked)
    for target, _ in _named(REGISTRY.of_group(group["TargetGroupArn"]), asked.get("Targets") or []):
        REGISTRY.deregister(target)
    return answer("DeregisterTargets")


def describe_target_health(parameters: Parameters) -> Answer:
    asked = nested(parameters)
    group = _group(asked)
    registered = REGISTRY.of_group(group["TargetGroupArn"])
    wanted = asked.get("Targets")
    found = registered if wanted is None else list(_named(registered, wanted))
    strangers = [_target(group, sent) for sent in wanted or () if not list(_named(registered, [sent]))]
    shown = [_shown(target, zone, group) for target, zone in [*found, *((each, None) for each in strangers)]]
    return answer("DescribeTargetHealth", {"TargetHealthDescriptions": shown})


def _group(asked: Record) -> Record:
    found = store.find_target_group(asked.get("TargetGroupArn", ""))
    if found is None:
        raise Refusal("TargetGroupNotFound", NOT_FOUND)
    return found


def _target(group: Record, sent: Record) -> Target:
    return Target(group["TargetGroupArn"], str(sent.get("Id", "")), int(sent.get("Port") or group.get("Port") or 80))


def _named(registered: list[tuple[Target, str]], sent: list[Record]) -> Iterable[tuple[Target, str]]:
    wanted = {(each.get("Id"), each.get("Port")) for each in sent}
    for target, zone in registered:
        if (target.host, str(target.port)) in wanted or (target.host, None) in wanted:
            yield target, zone


def _shown(target: Target, zone: str | None, group: Record) -> Record:
    health: Health = REGISTRY.health(target)
    own_port = str(group.get("HealthCheckPort", "traffic-port"))
    return {
        "Target": {"Id": target.host, "Port": target.port, "AvailabilityZone": zone},
        "HealthCheckPort": own_port if own_port.isdecimal() else target.port,
        "TargetHealth": {
            "State": health.state,
            "Reason": health.reason or None,
            "Description": health.description or None,
        },
    }
