"""Which rule of a listener a request meets, as AWS documents it."""

import re
from fnmatch import translate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.localaws.elbv2.rules import (
    Request,
    actions_of,
    fits,
    group_for,
    holds,
    matches,
    rule_for,
    weights_of,
)


def condition(field: str, *values: Any, **more: Any) -> dict[str, Any]:
    return {"Field": field, "Values": list(values), **more}


def rule(priority: object, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"Priority": str(priority), "Conditions": list(conditions), "IsDefault": priority == "default"}


def get(path: str = "/", query: str = "", **headers: str) -> Request:
    return Request("GET", path, query, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("/img/*", "/img/picture.gif", True),
        ("/img/*", "/img/", True),
        ("/img/*", "/img", False),
        ("/img/*/pics", "/img/a/b/pics", True),
        ("/a?c", "/abc", True),
        ("/a?c", "/ac", False),
        ("*", "", True),
        ("?", "", False),
        ("", "", True),
        ("a*b*c", "aXbXbXc", True),
        ("a*b*c", "aXbXbX", False),
        ("/[ab]", "/a", False),
        (r"what\?", "what?", True),
        (r"what\?", "whats", False),
        (r"\*", "*", True),
        (r"\*", "ab", False),
        ("end\\", "end\\", True),
    ],
)
def test_only_the_star_and_the_question_mark_are_wild(pattern: str, text: str, expected: bool):
    assert fits(pattern, text) is expected


@given(st.text("ab*?"), st.text("ab"))
def test_wildcards_mean_what_a_shell_s_mean(pattern: str, text: str):
    assert fits(pattern, text) is bool(re.match(translate(pattern), text))


def test_many_stars_are_matched_in_reasonable_time():
    assert not fits("*a" * 60 + "b", "a" * 4000)


@pytest.mark.parametrize(
    ("tried", "request_", "expected"),
    [
        (condition("host-header", "*.example.com"), get(host="Shop.Example.com:8080"), True),
        (condition("host-header", "*.example.com"), get(host="example.com"), False),
        (condition("host-header", "SHOP.example.com"), get(host="shop.example.com"), True),
        (condition("host-header", "[::1]"), get(host="[::1]:80"), True),
        (condition("host-header", "a.example"), get(), False),
        (condition("path-pattern", "/Shop/*"), get("/shop/1"), False),
        (condition("path-pattern", "/x", "/shop/*"), get("/shop/1"), True),
        (condition("path-pattern", "/a b"), get("/a%20b"), False),
        (condition("http-request-method", "GET", "HEAD"), get(), True),
        (condition("http-request-method", "get"), get(), False),
        (condition("source-ip", "127.0.0.0/8"), get(), True),
        (condition("source-ip", "10.0.0.0/8"), get(x_forwarded_for="10.0.0.1"), False),
        (condition("source-ip", "::1/128"), Request("GET", "/", source="::1"), True),
        (condition("query-string", {"Key": "Version", "Value": "V?"}), get(query="version=v1"), True),
        (condition("query-string", {"Value": "*beta*"}), get(query="a=1&b=the+beta+one"), True),
        (condition("query-string", {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}), get(query="b=2"), True),
        (condition("query-string", "a=1"), get(query="a=1"), True),
        (condition("query-string", {"Key": "a", "Value": "1"}), get(query="a=2"), False),
        (condition("something-new", "*"), get(), False),
        (condition("path-pattern"), get(), False),
    ],
)
def test_a_condition_holds(tried: dict[str, Any], request_: Request, expected: bool):
    assert holds(tried, request_) is expected


def test_a_header_condition_ignores_case_and_looks_at_every_line():
    wanted = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Team", "Values": ["RED*"]}}
    lines = (("x-team", "blue"), ("x-team", "reddish"))

    assert holds(wanted, Request("GET", "/", headers=lines))
    assert not holds(wanted, Request("GET", "/", headers=lines[:1]))


def test_values_may_stand_in_the_field_s_own_configuration():
    assert holds({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}, get("/a"))
    assert holds({"Field": "host-header", "HostHeaderConfig": {"Values": ["a"]}, "Values": []}, get(host="a"))


def test_all_conditions_of_a_rule_must_hold():
    both = rule(1, condition("path-pattern", "/shop"), condition("host-header", "a.example"))

    assert matches(both, get("/shop", host="a.example"))
    assert not matches(both, get("/shop", host="b.example"))


def test_the_default_rule_is_for_what_no_other_takes():
    rules = [rule("default"), rule(5, condition("path-pattern", "/shop"))]

    assert rule_for(rules, get("/shop")) == rules[1]
    assert rule_for(rules, get("/other")) == rules[0]
    assert rule_for(rules[1:], get("/other")) is None


@given(st.lists(st.integers(1, 50_000), unique=True), st.randoms(use_true_random=False))
def test_rules_are_tried_by_number_not_by_the_order_of_their_making(priorities: list[int], random: Any):
    made = [rule(priority, condition("path-pattern", "*")) for priority in priorities] + [rule("default")]
    random.shuffle(made)

    found = rule_for(made, get("/anything"))

    assert found is not None
    assert found["Priority"] == (str(min(priorities)) if priorities else "default")


def test_actions_are_performed_in_their_order():
    listed = [{"Type": "forward", "Order": "10"}, {"Type": "authenticate-oidc", "Order": "2"}]

    assert [each["Type"] for each in actions_of({"Actions": listed})] == ["authenticate-oidc", "forward"]


def test_a_forward_action_names_one_group_or_several_with_weights():
    several = [{"TargetGroupArn": "blue", "Weight": "90"}, {"TargetGroupArn": "green", "Weight": 0}]

    assert weights_of({"Type": "forward", "TargetGroupArn": "blue"}) == {"blue": 1}
    assert weights_of({"Type": "forward", "ForwardConfig": {"TargetGroups": several}}) == {"blue": 90, "green": 0}
    assert weights_of({"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "x"}]}}) == {"x": 1}


@pytest.mark.parametrize(("draw", "group"), [(0.0, "blue"), (0.89, "blue"), (0.9, "green"), (0.999, "green")])
def test_weights_share_out_the_requests(draw: float, group: str):
    assert group_for({"blue": 90, "none": 0, "green": 10}, draw) == group


def test_no_request_goes_anywhere_when_all_weights_are_0():
    assert group_for({"blue": 0, "green": 0}, 0.5) is None


@given(
    st.dictionaries(st.text(), st.integers(0, 999), min_size=1, max_size=5).filter(lambda each: any(each.values())),
    st.floats(0, 1, exclude_max=True),
)
def test_a_group_of_weight_0_gets_nothing_and_every_draw_falls_on_some_group(weights: dict[str, int], draw: float):
    chosen = group_for(weights, draw)

    assert chosen is not None
    assert weights[chosen] > 0
