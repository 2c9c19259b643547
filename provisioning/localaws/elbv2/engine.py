"""Puts the load balancing engine in the place of MiniStack's."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from provisioning.localaws.elbv2 import rule_api, store, target_api
from provisioning.localaws.elbv2.probes import Prober
from provisioning.localaws.elbv2.registry import LONGEST_DRAIN
from provisioning.localaws.elbv2.strain import Strain
from provisioning.localaws.elbv2.targets import REGISTRY
from provisioning.localaws.elbv2.wire import Answer, Refusal, refusal

REACHES = store.REACHES

Handler = Callable[[Mapping[str, Any]], Answer]

HANDLERS: dict[str, Handler] = {
    "CreateListener": rule_api.create_listener,
    "CreateRule": rule_api.create_rule,
    "DeleteLoadBalancer": rule_api.delete_load_balancer,
    "DeleteRule": rule_api.delete_rule,
    "DeleteTargetGroup": target_api.delete_target_group,
    "DeregisterTargets": target_api.deregister_targets,
    "DescribeListeners": rule_api.describe_listeners,
    "DescribeRules": rule_api.describe_rules,
    "DescribeTargetGroups": target_api.describe_target_groups,
    "DescribeTargetHealth": target_api.describe_target_health,
    "ModifyListener": rule_api.modify_listener,
    "ModifyRule": rule_api.modify_rule,
    "RegisterTargets": target_api.register_targets,
    "SetRulePriorities": rule_api.set_rule_priorities,
}


def install(longest_drain: float = LONGEST_DRAIN) -> None:
    """Answer the API's actions and start the health checks. Traffic is `traffic.app`, for whoever serves paths.

    `longest_drain`: seconds that a target which left is shown as draining and keeps idle websockets.
    """
    REGISTRY.longest_drain = longest_drain
    store.replace_actions({action: _answering(handler) for action, handler in HANDLERS.items()})
    Prober(REGISTRY, store.target_group, Strain()).start()


def _answering(handler: Handler) -> Handler:
    @functools.wraps(handler)
    def handle(parameters: Mapping[str, Any]) -> Answer:
        try:
            return handler(parameters)
        except Refusal as refused:
            return refusal(refused)

    return handle
