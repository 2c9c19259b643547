"""The API of listeners and their rules, where MiniStack's own forgets weights or takes what AWS refuses."""

from collections.abc import Iterable, Mapping
from typing import Any

from provisioning.localaws.elbv2 import store
from provisioning.localaws.elbv2.rules import is_default, rank, weights_of
from provisioning.localaws.elbv2.shapes import shown_listener, shown_rule, stored_actions
from provisioning.localaws.elbv2.wire import Answer, Record, Refusal, answer, nested

Parameters = Mapping[str, Any]
HIGHEST_PRIORITY = 50_000
HIGHEST_WEIGHT = 999
MOST_GROUPS = 5  # of one forward action


def describe_rules(parameters: Parameters) -> Answer:
    asked = nested(parameters)
    if asked.get("ListenerArn"):
        found = store.rules(_listener(asked["ListenerArn"])["ListenerArn"])
    else:
        found = [_rule(arn) for arn in asked.get("RuleArns") or ()]
    return answer("DescribeRules", {"Rules": [shown_rule(rule) for rule in sorted(found, key=rank)]})


def create_rule(parameters: Parameters) -> Answer:
    asked = nested(parameters)
    listener = _listener(asked.get("ListenerArn", ""))
    actions = _checked(asked.get("Actions") or [])
    if not asked.get("Conditions"):
        raise Refusal("ValidationError", "A rule must have at least one condition")
    _refuse_taken(listener["ListenerArn"], {}, [_priority(asked.get("Priority"))])
    made = store.ask_ministack("CreateRule", parameters)
    rule = _rule(store.text_of(made, "RuleArn"))
    rule.update(Conditions=asked["Conditions"], Actions=actions)
    return answer("CreateRule", {"Rules": [shown_rule(rule)]})


def modify_rule(parameters: Parameters) -> Answer:
    asked = nested(parameters)
    rule = _rule(asked.get("RuleArn", ""))
    actions = _checked(asked.get("Actions") or [])
    store.ask_ministack("ModifyRule", parameters)
    if asked.get("Conditions"):
        rule["Conditions"] = asked["Conditions"]
    if actions:
        rule["Actions"] = actions
    return answer("ModifyRule", {"Rules": [shown_rule(rule)]})


def delete_rule(parameters: Parameters) -> Answer:
    _rule(nested(parameters).get("RuleArn", ""))
    store.ask_ministack("DeleteRule", parameters)
    return answer("DeleteRule")


def set_rule_priorities(parameters: Parameters) -> Answer:
    """All of them or none: rules may swap places in one call, and no request meets a state in between."""
    wanted = {
        each.get("RuleArn", ""): _priority(each.get("Priority"))
        for each in nested(parameters).get("RulePriorities") or ()
    }
    changed = {arn: _rule(arn) for arn in wanted}
    for arn, rule in changed.items():
        if is_default(rule):
            raise Refusal("OperationNotPermitted", f"The priority of the default rule '{arn}' cannot be changed")
    for listener in {rule["ListenerArn"] for rule in changed.values()}:
        own = [wanted[arn] for arn, rule in changed.items() if rule["ListenerArn"] == listener]
        _refuse_taken(listener, changed, own)
    for arn, rule in changed.items():
        rule["Priority"] = str(wanted[arn])
    return answer("SetRulePriorities", {"Rules": [shown_rule(rule) for rule in changed.values()]})


def describe_listeners(parameters: Parameters) -> Answer:
    asked = nested(parameters)
    arns = asked.get("ListenerArns")
    found = [_listener(arn) for arn in arns] if arns else _listeners(asked)
    return answer("DescribeListeners", {"Listeners": [shown_listener(each) for each in found]})


def create_listener(parameters: Parameters) -> Answer:
    asked = nested(parameters)
    actions = _checked(asked.get("DefaultActions") or [])
    taken = {str(each["Port"]) for each in _listeners(asked)}
    if str(asked.get("Port")) in taken:
        raise Refusal("DuplicateListener", "A listener already exists on this port for this load balancer")
    made = store.ask_ministack("CreateListener", parameters)
    return _with_default_actions("CreateListener", store.text_of(made, "ListenerArn"), actions)


def modify_listener(parameters: Parameters) -> Answer:
    asked = nested(parameters)
    listener = _listener(asked.get("ListenerArn", ""))
    actions = _checked(asked.get("DefaultActions") or [])
    store.ask_ministack("ModifyListener", parameters)
    return _with_default_actions("ModifyListener", listener["ListenerArn"], actions or listener["DefaultActions"])


def delete_load_balancer(parameters: Parameters) -> Answer:
    """Its listeners and their rules go with it."""
    arn = nested(parameters).get("LoadBalancerArn")
    for listener in store.all_listeners():
        if listener["LoadBalancerArn"] == arn:
            store.ask_ministack("DeleteListener", {"ListenerArn": listener["ListenerArn"]})
    store.ask_ministack("DeleteLoadBalancer", parameters)
    return answer("DeleteLoadBalancer")


def _with_default_actions(action: str, listener_arn: str, actions: list[Record]) -> Answer:
    listener = _listener(listener_arn)
    listener["DefaultActions"] = actions
    for rule in store.rules(listener_arn):
        if is_default(rule):
            rule["Actions"] = actions
    return answer(action, {"Listeners": [shown_listener(listener)]})


def _listeners(asked: Record) -> list[Record]:
    wanted = asked.get("LoadBalancerArn")
    return [each for each in store.all_listeners() if wanted in (None, each["LoadBalancerArn"])]


def _listener(arn: str) -> Record:
    found = store.find_listener(arn)
    if found is None:
        raise Refusal("ListenerNotFound", "One or more listeners not found")
    return found


def _rule(arn: str) -> Record:
    found = store.find_rule(arn)
    if found is None:
        raise Refusal("RuleNotFound", "One or more rules not found")
    return found


def _priority(sent: Any) -> int:
    if str(sent).isdecimal() and 1 <= int(sent) <= HIGHEST_PRIORITY:
        return int(sent)
    raise Refusal("ValidationError", f"'{sent}' is not a priority between 1 and {HIGHEST_PRIORITY}")


def _refuse_taken(listener_arn: str, leaving: Iterable[str], wanted: list[int]) -> None:
    """`leaving` are the rules that give up the priorities they have."""
    others = [rule for rule in store.rules(listener_arn) if rule["RuleArn"] not in leaving and not is_default(rule)]
    taken = [int(rule["Priority"]) for rule in others]
    for priority in wanted:
        if priority in taken:
            raise Refusal("PriorityInUse", f"Priority '{priority}' is currently in use")
        taken.append(priority)


def _checked(sent: list[Record]) -> list[Record]:
    """The actions as they are kept. Raises Refusal for what AWS does not take."""
    for action in sent:
        weights = weights_of(action)
        missing = [group for group in weights if store.find_target_group(group) is None]
        if missing:
            raise Refusal("TargetGroupNotFound", f"Target groups '{', '.join(missing)}' not found")
        if len(weights) > MOST_GROUPS:
            raise Refusal("TooManyTargetGroups", f"A forward action can have at most {MOST_GROUPS} target groups")
        if any(not 0 <= weight <= HIGHEST_WEIGHT for weight in weights.values()):
            raise Refusal("ValidationError", f"Weights must be between 0 and {HIGHEST_WEIGHT}")
    return stored_actions(sent)
