from dataclasses import replace

import pytest

from provisioning.aws import elbv2
from provisioning.aws.elbv2 import RuleConditions, TargetGroupSpec
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
FOUND = {"TargetGroups": [{"TargetGroupArn": ARN, "TargetGroupName": "acme-web", "VpcId": "vpc-1", **HEALTH}]}


def rule(priority: str, target_group: str, path: str = "/web*") -> dict:
    return {
        "RuleArn": f"arn:rule/{priority}",
        "Priority": priority,
        "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}],
        "Actions": [{"Type": "forward", "TargetGroupArn": target_group}],
    }


def test_a_target_group_is_made_with_all_its_settings(session, answers):
    wanted = {"Name": "acme-web", "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", "TargetType": "instance", **HEALTH}
    answers("elbv2").add_response("create_target_group", FOUND, wanted)
    answers("elbv2").add_response("modify_target_group_attributes", {}, DELAY)

    assert elbv2.create_target_group(session, SPEC) == ARN


def test_one_that_exists_with_other_settings_is_brought_to_these(session, answers):
    old = {"TargetGroups": [{**FOUND["TargetGroups"][0], "HealthCheckPath": "/old"}]}
    answers("elbv2").add_client_error("create_target_group", "DuplicateTargetGroupName")
    answers("elbv2").add_response("describe_target_groups", old, {"Names": ["acme-web"]})
    answers("elbv2").add_response("modify_target_group", FOUND, {"TargetGroupArn": ARN, **HEALTH})
    answers("elbv2").add_response("modify_target_group_attributes", {}, DELAY)

    assert elbv2.create_target_group(session, SPEC) == ARN


def test_one_that_fits_is_left_as_it_is_and_one_of_another_network_is_refused(session, answers):
    answers("elbv2").add_response("describe_target_groups", FOUND)

    found = elbv2.target_groups(session, ["acme-web"])["acme-web"]

    elbv2.change_target_group(session, found, SPEC)
    with pytest.raises(AwsProblem, match="another network"):
        elbv2.change_target_group(session, found, replace(SPEC, vpc_id="vpc-2"))


def test_one_missing_group_does_not_hide_the_others(session, answers):
    elb = answers("elbv2")
    elb.add_client_error(
        "describe_target_groups", "TargetGroupNotFound", expected_params={"Names": ["gone", "acme-web"]}
    )
    elb.add_client_error("describe_target_groups", "TargetGroupNotFound", expected_params={"Names": ["gone"]})
    elb.add_response("describe_target_groups", FOUND, {"Names": ["acme-web"]})

    assert list(elbv2.target_groups(session, ["gone", "acme-web"])) == ["acme-web"]


def test_twenty_groups_are_one_question(session, answers):
    names = [f"group{number}" for number in range(21)]
    for some in (names[:20], names[20:]):
        answers("elbv2").add_response("describe_target_groups", {"TargetGroups": []}, {"Names": some})

    assert elbv2.target_groups(session, names) == {}


def test_a_rule_is_made_with_the_given_priority(session, answers):
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
    assert elbv2.create_rule(session, LISTENER, ARN, conditions, 20).arn == "arn:rule/20"


def test_what_a_rule_says_is_changed_in_place(session, answers):
    changed = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/shop*"]}}]
    answers("elbv2").add_response("modify_rule", {"Rules": []}, {"RuleArn": "arn:rule/10", "Conditions": changed})

    elbv2.change_rule(session, "arn:rule/10", RuleConditions(paths=("/shop*",)))


def test_all_places_are_changed_by_one_question(session, answers):
    wanted = [{"RuleArn": "arn:rule/1", "Priority": 7}, {"RuleArn": "arn:rule/2", "Priority": 5}]
    answers("elbv2").add_response("set_rule_priorities", {"Rules": []}, {"RulePriorities": wanted})

    elbv2.set_priorities(session, {"arn:rule/1": 7, "arn:rule/2": 5})


def test_a_priority_that_was_taken_meanwhile_is_a_conflict(session, answers):
    answers("elbv2").add_client_error("create_rule", "PriorityInUse")

    with pytest.raises(AwsProblem) as caught:
        elbv2.create_rule(session, LISTENER, ARN, RuleConditions(paths=("/web*",)), 20)

    assert caught.value.code == "conflict"


def test_all_rules_are_read_but_the_default_one_which_has_no_place(session, answers):
    pages = ({"Rules": [rule("10", "a")], "NextMarker": "n"}, {"Rules": [rule("30", "b"), rule("default", "c")]})
    for page in pages:
        answers("elbv2").add_response("describe_rules", page)

    found = elbv2.rules(session, LISTENER)

    assert [each.priority for each in found] == [10, 30]
    assert found[0].says(RuleConditions(paths=("/web*",)))


def test_a_rule_with_two_weighted_groups_forwards_to_both(session, answers):
    groups = [{"TargetGroupArn": "blue", "Weight": 0}, {"TargetGroupArn": "green", "Weight": 100}]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    answers("elbv2").add_response("describe_rules", {"Rules": [{**rule("10", ""), "Actions": [action]}]})

    assert elbv2.rules(session, LISTENER)[0].target_groups == {"blue", "green"}


def test_a_rule_that_asks_for_more_than_host_and_path_does_not_say_the_same(session, answers):
    said = rule("10", ARN)
    said["Conditions"].append({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}})
    answers("elbv2").add_response("describe_rules", {"Rules": [said]})

    assert not elbv2.rules(session, LISTENER)[0].says(RuleConditions(paths=("/web*",)))


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
