"""The API of load balancers where AWS is stricter, or says more, than MiniStack by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.elbv2.balancer import Balancer, fixed, forward, path, weighted
from tests.localaws.elbv2.servers import Named, answer, free_port, saying
from tests.localaws.site import until

pytestmark = pytest.mark.localaws

GONE = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/gone/1"


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def priorities(balancer: Balancer) -> dict[str, str]:
    rules = balancer.elb.describe_rules(ListenerArn=balancer.listener)["Rules"]
    return {rule["RuleArn"]: rule["Priority"] for rule in rules}


def test_a_rule_is_shown_as_it_was_made(balancer: Balancer):
    group = balancer.group()
    conditions = [
        path("/a&b/*"),
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example", "b.example"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "1"}, {"Value": "2"}]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["<1>"]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
    ]
    arn = balancer.rule(forward(group), *conditions, priority=7)

    rule = balancer.elb.describe_rules(RuleArns=[arn])["Rules"][0]

    assert (rule["RuleArn"], rule["Priority"], rule["IsDefault"]) == (arn, "7", False)
    for shown, made in zip(rule["Conditions"], conditions, strict=True):
        assert made.items() <= shown.items()
    assert rule["Conditions"][0]["Values"] == ["/a&b/*"]
    assert rule["Actions"] == [
        {
            "Type": "forward",
            "Order": 1,
            "TargetGroupArn": group,
            "ForwardConfig": {
                "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
                "TargetGroupStickinessConfig": {"Enabled": False},
            },
        }
    ]


def test_weights_are_kept_and_changed(balancer: Balancer):
    blue, green = balancer.group(), balancer.group()
    arn = balancer.rule(weighted({blue: 100, green: 0}))

    changed = balancer.elb.modify_rule(RuleArn=arn, Actions=[weighted({blue: 90, green: 10})])["Rules"][0]

    shown = balancer.elb.describe_rules(RuleArns=[arn])["Rules"][0]
    assert shown == changed
    assert shown["Actions"][0]["ForwardConfig"]["TargetGroups"] == [
        {"TargetGroupArn": blue, "Weight": 90},
        {"TargetGroupArn": green, "Weight": 10},
    ]
    assert shown["Conditions"][0]["Values"] == ["*"]


def test_weights_of_a_listener_s_default_action_are_kept_in_its_default_rule_too(balancer: Balancer):
    blue, green = balancer.group(), balancer.group()
    balancer.elb.modify_listener(ListenerArn=balancer.listener, DefaultActions=[weighted({blue: 1, green: 3})])

    listener = balancer.elb.describe_listeners(LoadBalancerArn=balancer.arn)["Listeners"][0]
    default = balancer.elb.describe_rules(ListenerArn=balancer.listener)["Rules"][-1]

    assert listener["DefaultActions"] == default["Actions"]
    assert [each["Weight"] for each in default["Actions"][0]["ForwardConfig"]["TargetGroups"]] == [1, 3]


def test_rules_are_listed_in_the_order_in_which_they_are_tried(balancer: Balancer):
    for priority in (30, 4, 200):
        balancer.rule(fixed(200), priority=priority)

    assert list(priorities(balancer).values()) == ["4", "30", "200", "default"]


def test_a_text_with_markup_is_taken_and_shown(balancer: Balancer):
    arn = balancer.rule(fixed(200, "<h1>Fish & chips</h1>"))
    balancer.elb.modify_rule(RuleArn=arn, Conditions=[path("/fish")])

    shown = balancer.elb.describe_rules(RuleArns=[arn])["Rules"][0]

    assert shown["Actions"][0]["FixedResponseConfig"]["MessageBody"] == "<h1>Fish & chips</h1>"
    assert balancer.ask("/fish") == (200, "<h1>Fish & chips</h1>")


def test_priorities_are_swapped_in_one_call(balancer: Balancer):
    one, two = balancer.rule(fixed(200, "one"), priority=1), balancer.rule(fixed(200, "two"), priority=2)
    assert balancer.ask("/") == (200, "one")

    swapped = [{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}]
    said = balancer.elb.set_rule_priorities(RulePriorities=swapped)["Rules"]

    assert {rule["RuleArn"]: rule["Priority"] for rule in said} == {one: "2", two: "1"}
    assert balancer.ask("/") == (200, "two")


@pytest.mark.parametrize(
    ("moves", "refused"),
    [
        ([("one", 9), ("two", 3)], "PriorityInUse"),
        ([("one", 9), ("two", 9)], "PriorityInUse"),
        ([("one", 9), ("gone", 10)], "RuleNotFound"),
        ([("one", 9), ("default", 10)], "OperationNotPermitted"),
        ([("one", 9), ("two", 50_001)], "ValidationError"),
    ],
)
def test_a_refused_change_of_priorities_changes_none(balancer: Balancer, moves: list[tuple[str, int]], refused: str):
    arns = {name: balancer.rule(fixed(200), priority=place) for place, name in enumerate(("one", "two", "three"), 1)}
    arns["default"] = next(arn for arn, priority in priorities(balancer).items() if priority == "default")
    arns["gone"] = arns["one"] + "0"
    before = priorities(balancer)

    wanted = [{"RuleArn": arns[name], "Priority": priority} for name, priority in moves]
    said = code(lambda: balancer.elb.set_rule_priorities(RulePriorities=wanted))

    assert (said, priorities(balancer)) == (refused, before)


def test_a_priority_is_given_once_for_each_listener(balancer: Balancer):
    other = Balancer(balancer.port)
    balancer.rule(fixed(200), priority=1)

    assert code(lambda: balancer.rule(fixed(200), priority=1)) == "PriorityInUse"
    assert other.rule(fixed(200), priority=1)


def test_actions_name_target_groups_that_exist(balancer: Balancer):
    arn = balancer.rule(fixed(200))
    gone = weighted({balancer.group(): 1, GONE: 1})

    assert code(lambda: balancer.rule(forward(GONE), priority=2)) == "TargetGroupNotFound"
    assert code(lambda: balancer.elb.modify_rule(RuleArn=arn, Actions=[gone])) == "TargetGroupNotFound"
    assert list(priorities(balancer).values()) == ["1", "default"]


def test_what_does_not_exist_is_not_found(balancer: Balancer):
    elb, rule = balancer.elb, balancer.rule(fixed(200))
    elb.delete_rule(RuleArn=rule)

    assert code(lambda: elb.delete_rule(RuleArn=rule)) == "RuleNotFound"
    assert code(lambda: elb.describe_rules(RuleArns=[rule])) == "RuleNotFound"
    assert code(lambda: elb.describe_rules(ListenerArn=balancer.listener + "0")) == "ListenerNotFound"
    assert code(lambda: elb.describe_target_health(TargetGroupArn=GONE)) == "TargetGroupNotFound"
    assert code(lambda: elb.register_targets(TargetGroupArn=GONE, Targets=[{"Id": "i-1"}])) == "TargetGroupNotFound"
    assert code(lambda: elb.describe_target_groups(Names=["no-such"])) == "TargetGroupNotFound"
    known = balancer.group()
    assert code(lambda: elb.describe_target_groups(TargetGroupArns=[known, GONE])) == "TargetGroupNotFound"


def test_a_target_group_tells_which_load_balancer_uses_it_and_is_kept_while_it_does(balancer: Balancer):
    group = balancer.group()
    rule = balancer.rule(weighted({group: 1, balancer.group(): 1}))

    shown = balancer.elb.describe_target_groups(LoadBalancerArn=balancer.arn)["TargetGroups"]
    assert len(shown) == 2
    assert {tuple(each["LoadBalancerArns"]) for each in shown} == {(balancer.arn,)}
    assert code(lambda: balancer.elb.delete_target_group(TargetGroupArn=group)) == "ResourceInUse"

    balancer.elb.delete_rule(RuleArn=rule)
    balancer.elb.delete_target_group(TargetGroupArn=group)
    assert code(lambda: balancer.elb.describe_target_groups(TargetGroupArns=[group])) == "TargetGroupNotFound"


def test_a_deleted_load_balancer_takes_its_listeners_along(balancer: Balancer):
    group = balancer.group()
    balancer.rule(forward(group))

    balancer.elb.delete_load_balancer(LoadBalancerArn=balancer.arn)

    balancer.elb.delete_target_group(TargetGroupArn=group)
    assert code(lambda: balancer.elb.describe_rules(ListenerArn=balancer.listener)) == "ListenerNotFound"


def test_a_port_has_one_listener(balancer: Balancer):
    assert balancer.listener

    def again() -> None:
        balancer.elb.create_listener(
            LoadBalancerArn=balancer.arn, Protocol="HTTP", Port=80, DefaultActions=[fixed(200)]
        )

    assert code(again) == "DuplicateListener"


def test_another_account_s_resources_are_not_found(balancer: Balancer):
    other = Balancer(balancer.port, account="222222222222")
    group, rule = balancer.group(), balancer.rule(fixed(200))

    assert code(lambda: other.elb.describe_target_health(TargetGroupArn=group)) == "TargetGroupNotFound"
    assert code(lambda: other.elb.describe_rules(RuleArns=[rule])) == "RuleNotFound"


def test_targets_are_described_with_port_zone_and_reason(balancer: Balancer):
    group = balancer.group(UnhealthyThresholdCount=2)
    balancer.rule(forward(group))
    with Named("one").running() as good, saying(answer("500 Oh")) as bad:
        targets = [
            {"Id": "127.0.0.1", "Port": good, "AvailabilityZone": "eu-west-1b"},
            {"Id": "127.0.0.1", "Port": bad},
        ]
        for _ in range(2):
            balancer.elb.register_targets(TargetGroupArn=group, Targets=targets)
        until(lambda: balancer.states(group) == {good: "healthy", bad: "unhealthy"})

        first, second = balancer.described(group)

    assert first == {
        "Target": {"Id": "127.0.0.1", "Port": good, "AvailabilityZone": "eu-west-1b"},
        "HealthCheckPort": str(good),
        "TargetHealth": {"State": "healthy"},
    }
    assert second == {
        "Target": {"Id": "127.0.0.1", "Port": bad, "AvailabilityZone": "eu-west-1a"},
        "HealthCheckPort": str(bad),
        "TargetHealth": {
            "State": "unhealthy",
            "Reason": "Target.ResponseCodeMismatch",
            "Description": "Health checks failed with these codes: [500]",
        },
    }


def test_asked_for_by_name_targets_are_told_apart_by_their_port(balancer: Balancer):
    group, one, two = balancer.group(), free_port(), free_port()
    balancer.register(group, one, two, state="initial")
    asked = [{"Id": "127.0.0.1", "Port": two}, {"Id": "10.9.9.9", "Port": 1}]

    said = balancer.elb.describe_target_health(TargetGroupArn=group, Targets=asked)["TargetHealthDescriptions"]

    told = [(each["Target"]["Id"], each["Target"]["Port"], each["TargetHealth"]["State"]) for each in said]
    assert told == [("127.0.0.1", two, "initial"), ("10.9.9.9", 1, "unused")]


def test_a_deregistered_target_is_draining_for_a_while(balancer: Balancer):
    group, port = balancer.group(), free_port()
    balancer.register(group, port, state="initial")

    balancer.deregister(group, port)

    assert balancer.described(group)[0]["TargetHealth"] == {
        "State": "draining",
        "Reason": "Target.DeregistrationInProgress",
        "Description": "Target deregistration is in progress",
    }
    until(lambda: balancer.described(group) == [])


def test_a_target_named_without_its_port_leaves_with_all_of_them(balancer: Balancer):
    group, ports = balancer.group(), (free_port(), free_port())
    balancer.register(group, *ports, state="initial")

    balancer.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1"}])

    assert set(balancer.states(group).values()) == {"draining"}
