"""Target groups and listener rules of the public load balancer: changed in place, never made again."""

from provisioning.aws.elbv2.rules import (
    Rule,
    RuleConditions,
    change_rule,
    create_rule,
    delete_rule,
    rules,
    set_priorities,
)
from provisioning.aws.elbv2.target_groups import (
    TargetGroup,
    TargetGroupSpec,
    TargetState,
    change_target_group,
    create_target_group,
    delete_target_group,
    target_groups,
    target_health,
)

__all__ = [
    "Rule",
    "RuleConditions",
    "TargetGroup",
    "TargetGroupSpec",
    "TargetState",
    "change_rule",
    "change_target_group",
    "create_rule",
    "create_target_group",
    "delete_rule",
    "delete_target_group",
    "rules",
    "set_priorities",
    "target_groups",
    "target_health",
]
