"""Records of rules, listeners and target groups as the API shows them. Pure."""

from collections.abc import Mapping
from typing import Any

from provisioning.localaws.elbv2.rules import CONFIGS, is_default, values_of, weights_of

Record = dict[str, Any]
SHOWN_FLAT = ("host-header", "path-pattern")  # fields whose values are also shown beside their configuration


def shown_rule(rule: Mapping[str, Any]) -> Record:
    return {
        "RuleArn": rule["RuleArn"],
        "Priority": rule["Priority"],
        "Conditions": [shown_condition(each) for each in rule.get("Conditions") or ()],
        "Actions": [shown_action(each) for each in rule.get("Actions") or ()],
        "IsDefault": is_default(rule),
        "Transforms": rule.get("Transforms") or [],
    }


def shown_condition(condition: Mapping[str, Any]) -> Record:
    field, values = condition["Field"], values_of(condition)
    shown: Record = {"Field": field, "Values": values if field in SHOWN_FLAT else []}
    if field in CONFIGS:
        if field == "query-string":
            values = [_pair(each) for each in values]
        shown[CONFIGS[field]] = {**(condition.get(CONFIGS[field]) or {}), "Values": values}
    return shown


def _pair(value: Any) -> Record:
    """CloudFormation's handler in MiniStack keeps "key=value"."""
    if isinstance(value, Mapping):
        return dict(value)
    key, _, wanted = str(value).rpartition("=")
    return {"Key": key or None, "Value": wanted}


def shown_action(action: Mapping[str, Any]) -> Record:
    """A forward action names its groups with weights, and one alone by itself too; a client secret is never told."""
    shown = {name: value for name, value in action.items() if name not in ("TargetGroupArn", "ForwardConfig")}
    if "AuthenticateOidcConfig" in shown:
        told = dict(shown["AuthenticateOidcConfig"])
        told.pop("ClientSecret", None)
        shown["AuthenticateOidcConfig"] = told
    if action.get("Type") == "forward":
        shown |= _shown_forward(action)
    return shown


def _shown_forward(action: Mapping[str, Any]) -> Record:
    weights = weights_of(action)
    stickiness = (action.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {"Enabled": False}
    groups = [{"TargetGroupArn": group, "Weight": weight} for group, weight in weights.items()]
    alone = next(iter(weights)) if len(weights) == 1 else None
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness}
    return {"TargetGroupArn": alone, "ForwardConfig": config}


def shown_listener(listener: Mapping[str, Any]) -> Record:
    certificates = [{"CertificateArn": arn} for arn in listener.get("Certificates") or ()]
    return {
        "ListenerArn": listener["ListenerArn"],
        "LoadBalancerArn": listener["LoadBalancerArn"],
        "Port": listener.get("Port", 80),
        "Protocol": listener.get("Protocol", "HTTP"),
        "Certificates": certificates or None,
        "SslPolicy": listener.get("SslPolicy"),
        "DefaultActions": [shown_action(each) for each in listener.get("DefaultActions") or ()],
    }


def stored_actions(sent: list[Record]) -> list[Record]:
    """As the API keeps them: each with its place in the order."""
    return [{**action, "Order": int(action.get("Order") or place)} for place, action in enumerate(sent, 1)]
