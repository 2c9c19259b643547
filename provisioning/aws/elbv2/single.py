"""One target group and one rule at a time."""

from provisioning.aws.elbv2.rules import Rule, RuleConditions, change_rule, create_rule, rules
from provisioning.aws.elbv2.target_groups import TargetGroupSpec, create_target_group
from provisioning.aws.session import AwsSession


def ensure_target_group(session: AwsSession, spec: TargetGroupSpec) -> str:
    """The ARN of the target group of that name, with exactly these settings."""
    return create_target_group(session, spec)


def ensure_rule(
    session: AwsSession, listener_arn: str, target_group_arn: str, conditions: RuleConditions, priority: int
) -> Rule:
    """The listener's rule for this target group; `priority` is for a new one, an existing one keeps its own."""
    found = next((rule for rule in rules(session, listener_arn) if target_group_arn in rule.target_groups), None)
    if found is None:
        return create_rule(session, listener_arn, target_group_arn, conditions, priority)
    if not found.says(conditions):
        change_rule(session, found.arn, conditions)
    return found


def used_priorities(session: AwsSession, listener_arn: str) -> frozenset[int]:
    """Priorities that are taken."""
    return frozenset(rule.priority for rule in rules(session, listener_arn))
