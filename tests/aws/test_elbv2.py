from dataclasses import replace

import pytest

from provisioning.aws import elbv2
from provisioning.aws.elbv2 import Rule, RuleConditions, TargetGroupSpec
from provisioning.aws.errors import AwsProblem

ARN = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/acme-web/1"
LISTENER = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/acme/1/2"
SPEC = TargetGroupSpec("acme-web", "vpc-1", health_path="/health")
HEALTH = {
    "HealthCheckProtocol": "HTTP",
    "HealthCheckPath": "/health",
    "HealthCheckIntervalSeconds": 10,
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 2,
    "UnhealthyThresholdCount": 3,
    "Matcher": {"HttpCode": "200-399"},
}
DELAY = {
    "TargetGroupArn": ARN,
    "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}],
}
FOUND = {"TargetGroups": [{"TargetGroupArn": ARN, "VpcId": "vpc-1", **HEALTH}]}


def rule(priority: str, target_group: str, path: str = "/web*") -> dict:
    return {
        "RuleArn": f"arn:rule/{priority}",
        "Priority": priority,
        "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}],
        "Actions": [{"Type": "forward", "TargetGroupArn": target_group}],
    }


def test_a_target_group_is_made_where_there_is_none(session, answers):
    elb = answers("elbv2")
    elb.add_client_error("describe_target_groups", "TargetGroupNotFound")
    wanted = {
        "Name": "acme-web",
        "Protocol": "HTTP",
        "Port": 80,
        "VpcId": "vpc-1",
        "TargetType": "instance",
        **HEALTH,
    }
    elb.add_response("create_target_group", FOUND, wanted)
    elb.add_response("modify_target_group_attributes", {}, DELAY)

    assert elbv2.ensure_target_group(session, SPEC) == ARN


def test_a_target_group_with_these_settings_is_left_as_it_is(session, answers):
    answers("elbv2").add_response("describe_target_groups", FOUND)
    answers("elbv2").add_response("modify_target_group_attributes", {}, DELAY)

    assert elbv2.ensure_target_group(session, SPEC) == ARN


def test_other_settings_are_changed_in_place(session, answers):
    answers("elbv2").add_response("describe_target_groups", FOUND)
    changed = {"TargetGroupArn": ARN, **HEALTH, "HealthCheckPath": "/ready"}
    answers("elbv2").add_response("modify_target_group", FOUND, changed)
    answers("elbv2").add_response("modify_target_group_attributes", {}, DELAY)

    assert elbv2.ensure_target_group(session, replace(SPEC, health_path="/ready")) == ARN


def test_a_target_group_of_that_name_in_another_network_is_refused(session, answers):
    answers("elbv2").add_response("describe_target_groups", FOUND)

    with pytest.raises(AwsProblem, match="another network"):
        elbv2.ensure_target_group(session, replace(SPEC, vpc_id="vpc-2"))


def test_a_rule_is_made_with_the_given_priority(session, answers):
    answers("elbv2").add_response("describe_rules", {"Rules": [rule("10", "other")]})
    wanted = {
        "ListenerArn": LISTENER,
        "Priority": 20,
        "Conditions": [
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["web.acme.example"]}},
            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/web*"]}},
        ],
        "Actions": [{"Type": "forward", "TargetGroupArn": ARN}],
    }
    answers("elbv2").add_response("create_rule", {"Rules": [rule("20", ARN)]}, wanted)

    conditions = RuleConditions(paths=("/web*",), hosts=("web.acme.example",))
    assert elbv2.ensure_rule(session, LISTENER, ARN, conditions, 20) == Rule("arn:rule/20", 20)


def test_a_rule_that_exists_keeps_its_priority_and_is_not_touched(session, answers):
    answers("elbv2").add_response("describe_rules", {"Rules": [rule("10", ARN)]})

    found = elbv2.ensure_rule(session, LISTENER, ARN, RuleConditions(paths=("/web*",)), 20)

    assert found == Rule("arn:rule/10", 10)


def test_other_conditions_change_the_rule_in_place(session, answers):
    answers("elbv2").add_response("describe_rules", {"Rules": [rule("10", ARN)]})
    changed = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/shop*"]}}]
    wanted = {"RuleArn": "arn:rule/10", "Conditions": changed}
    answers("elbv2").add_response("modify_rule", {"Rules": []}, wanted)

    found = elbv2.ensure_rule(session, LISTENER, ARN, RuleConditions(paths=("/shop*",)), 20)

    assert found == Rule("arn:rule/10", 10)


def test_a_priority_that_was_taken_meanwhile_is_a_conflict(session, answers):
    answers("elbv2").add_response("describe_rules", {"Rules": []})
    answers("elbv2").add_client_error("create_rule", "PriorityInUse")

    with pytest.raises(AwsProblem) as caught:
        elbv2.ensure_rule(session, LISTENER, ARN, RuleConditions(paths=("/web*",)), 20)

    assert caught.value.code == "conflict"


def test_the_default_rule_takes_no_priority(session, answers):
    pages = ({"Rules": [rule("10", "a")], "NextMarker": "n"}, {"Rules": [rule("30", "b"), rule("default", "c")]})
    for page in pages:
        answers("elbv2").add_response("describe_rules", page)

    assert elbv2.used_priorities(session, LISTENER) == {10, 30}


def test_an_unhealthy_target_says_why(session, answers):
    health = {
        "State": "unhealthy",
        "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [500]",
    }
    said = {"TargetHealthDescriptions": [{"Target": {"Id": "i-1", "Port": 32768}, "TargetHealth": health}]}
    answers("elbv2").add_response("describe_target_health", said)

    assert elbv2.target_health(session, ARN) == (
        elbv2.TargetState("i-1", 32768, "", "unhealthy", health["Reason"], health["Description"]),
    )


def test_what_is_gone_is_removed_already(session, answers):
    answers("elbv2").add_client_error("delete_rule", "RuleNotFound")
    answers("elbv2").add_client_error("delete_target_group", "TargetGroupNotFound")

    elbv2.delete_rule(session, "arn:rule/10")
    elbv2.delete_target_group(session, ARN)
