"""Requests reach the service whose rule says most of them: after every change, and at every moment of one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from deployments.models import Placement
from deployments.rollouts import routes
from deployments.rollouts.routes import apply
from provisioning.aws.errors import AwsProblem
from tests import factories
from tests.deployments.listener import LAST, LoadBalancer, matches

pytestmark = pytest.mark.django_db

QUIET = ["describe_target_groups", "describe_rules"]
HOSTS = ("", "*.example.com", "*.shop.example.com", "api.shop.example.com", "web.example.com")
PATHS = ("/*", "/a/*", "/a/b/*", "/*/b", "/a/b/c", "/a/?", "/a*", "/b/*", "/a/*/c")
REQUESTS = [
    (host, path)
    for host in ("api.shop.example.com", "x.shop.example.com", "web.example.com", "elsewhere.org")
    for path in ("/", "/a/", "/a/b", "/a/b/c", "/a/x/c", "/b/b", "/b/", "/x/b", "/a")
]


@pytest.fixture
def listener():
    return LoadBalancer()


@pytest.fixture
def environment(acme):
    return factories.EnvironmentFactory(customer=acme)


@pytest.fixture
def place(environment, acme):
    """A public service with this host and path, in the environment."""

    def made(name: str, path: str = "/*", host: str = "") -> Placement:
        service = factories.ServiceFactory(customer=acme, name=name, path=path, host=host, account=environment.account)
        return factories.PlacementFactory(service=service, environment=environment)

    return made


@pytest.fixture
def route(listener, environment):
    """Applies the settings of placements; no problem is expected."""

    def applied(*placements: Placement) -> list[str]:
        listener.calls.clear()
        assert apply(listener, environment, placements) == {}
        return listener.calls

    return applied


def change(placement, path, host=""):
    placement.service.path, placement.service.host = path, host
    placement.service.save()


def answering(listener, host, path):
    """The name of the service that answers."""
    arn = listener.answer(host, path)
    return Placement.objects.get(target_group_arn=arn).service.name if arn else ""


def test_an_exact_host_answers_before_a_wildcard_that_was_there_first(place, route, listener):
    route(place("wild", host="*.shop.example.com"))
    route(place("exact", host="api.shop.example.com"))

    assert answering(listener, "api.shop.example.com", "/") == "exact"
    assert answering(listener, "web.shop.example.com", "/") == "wild"


def test_two_services_that_change_their_paths_one_after_the_other_answer_by_what_they_say_now(place, route, listener):
    deep, area = place("deep", "/area/one/*"), place("area", "/area/*")
    route(deep, area)

    change(deep, "/deep/*")
    route(deep)
    change(area, "/deep/one/*")
    route(area)

    assert answering(listener, "", "/deep/one/x") == "area"
    assert answering(listener, "", "/deep/two") == "deep"


def test_a_service_for_everything_stands_behind_one_that_is_registered_later(place, route, listener):
    route(place("front"))
    route(place("admin", "/*/admin"))

    assert answering(listener, "", "/shop/admin") == "admin"
    assert answering(listener, "", "/shop") == "front"


def test_a_path_that_is_made_exact_is_no_longer_answered_by_the_pattern_before_it(place, route, listener):
    status, api = place("status", "/api/s*"), place("api", "/api/*")
    route(status, api)

    change(status, "/api/status")
    route(status)
    change(api, "/api/sta*")
    route(api)

    assert answering(listener, "", "/api/status") == "status"
    assert answering(listener, "", "/api/started") == "api"


def test_rules_that_an_older_portal_put_in_a_wrong_order_are_put_right_by_one_call(place, route, listener):
    wild, exact = place("wild", host="*.shop.example.com"), place("exact", host="api.shop.example.com")
    route(wild, exact)
    numbers = sorted(listener.priorities().values())
    for each, number in zip((wild, exact), numbers, strict=True):
        listener.rules[each.rule_arn]["Priority"] = number
    Placement.objects.update(rule_priority=None)
    for each, number in zip((wild, exact), numbers, strict=True):
        Placement.objects.filter(pk=each.pk).update(rule_priority=number)

    calls = route(wild)

    assert calls == [*QUIET, "set_rule_priorities"]
    assert answering(listener, "api.shop.example.com", "/") == "exact"


def test_services_that_stay_as_they_are_cost_two_questions(place, route):
    placements = [place(f"service{number}", f"/{number}/*") for number in range(12)]
    route(*placements)

    assert route(*placements) == QUIET


def test_a_new_service_is_one_group_and_one_rule_and_is_written_down(place, route, listener):
    web = place("web")

    calls = route(web)

    made = ["create_target_group", "modify_target_group_attributes", "describe_rules", "create_rule"]
    assert calls == made
    assert listener.delays[web.target_group_arn] == str(routes.DEREGISTRATION_SECONDS)
    row = Placement.objects.get(pk=web.pk)
    assert (
        (row.target_group_arn, row.rule_arn) == (web.target_group_arn, web.rule_arn) == (row.target_group_arn, "rule/1")
    )
    assert row.rule_priority == web.rule_priority == listener.priorities()["rule/1"]


def test_another_health_path_changes_the_group_alone(place, route, listener):
    web = place("web")
    route(web)
    web.service.health_path = "/ready"

    assert route(web) == ["describe_target_groups", "modify_target_group", "describe_rules"]
    assert next(iter(listener.groups.values()))["HealthCheckPath"] == "/ready"


def test_a_group_or_a_rule_that_somebody_removed_is_made_again(place, route, listener):
    web, api = place("web"), place("api", "/api/*")
    route(web, api)
    listener.groups.pop(api.target_group_arn.removeprefix("group/"))
    listener.rules.pop(api.rule_arn)

    assert "create_target_group" in route(web, api)
    assert answering(listener, "", "/api/x") == "api"
    assert len(listener.rules) == 2


def test_a_group_that_a_killed_worker_left_half_made_gets_its_settings(place, route, listener, environment):
    web = place("web")
    listener.refused["modify_target_group_attributes"] = "Throttling"
    problem = apply(listener, environment, [web])[web.pk]
    listener.refused.clear()

    route(web)

    assert problem.code == "throttled"
    assert listener.delays[web.target_group_arn] == str(routes.DEREGISTRATION_SECONDS)


@pytest.mark.parametrize("weights", [(100, 0), (0, 100)])
def test_a_rule_that_aws_gave_two_weighted_groups_is_still_ours(place, route, listener, weights):
    web = place("web")
    route(web)
    groups = zip((web.target_group_arn, "group/other-colour"), weights, strict=True)
    forward = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]}
    listener.rules[web.rule_arn]["Actions"] = [{"Type": "forward", "ForwardConfig": forward}]
    Placement.objects.update(rule_arn="")

    assert route(web) == QUIET
    assert Placement.objects.get().rule_arn == "rule/1"


def test_a_rule_that_was_made_anew_for_another_group_is_recognised_by_what_it_says(place, route, listener):
    web = place("web", host="shop.example.com")
    route(web)
    again = listener.rules.pop(web.rule_arn)
    listener.rules["rule/anew"] = {
        **again,
        "RuleArn": "rule/anew",
        "Actions": [{"Type": "forward", "TargetGroupArn": "group/other-colour"}],
    }

    assert route(web) == QUIET
    assert Placement.objects.get().rule_arn == "rule/anew"


def test_rules_made_by_hand_keep_their_numbers_and_their_words(place, route, listener):
    by_hand = {listener.add_by_hand(number): number for number in (1, 2, 25_000, 25_001, LAST)}
    placements = [place(f"service{number}", "/a" * number + "/*") for number in range(1, 9)]

    for each in placements:
        route(each)

    assert {arn: listener.priorities()[arn] for arn in by_hand} == by_hand
    assert answering(listener, "", "/a/a/a/x") == "service3"


def test_a_listener_without_a_place_left_is_said_so(place, listener, environment, monkeypatch):
    monkeypatch.setattr("deployments.rollouts.order.LAST", 2)
    for number in (1, 2):
        listener.add_by_hand(number)
    web = place("web")

    problem = apply(listener, environment, [web])[web.pk]

    assert problem.sentence == routes.NO_PLACE


def test_a_number_that_somebody_took_in_between_is_chosen_anew(place, listener, environment):
    web = place("web")

    def overtake(operation):
        if operation == "create_rule" and len(listener.rules) == 0:
            listener.add_by_hand(Placement.objects.get().rule_priority)

    listener.before = overtake

    assert apply(listener, environment, [web]) == {}
    assert answering(listener, "", "/") == "web"


@pytest.mark.parametrize(
    ("operation", "code"),
    [("create_rule", "PriorityInUse"), ("set_rule_priorities", "PriorityInUse"), ("modify_rule", "RuleNotFound")],
)
def test_who_is_overtaken_again_and_again_tries_later(place, route, listener, environment, operation, code):
    api, web = place("api", "/api/*"), place("web")
    route(api, web)
    change(api, "/*")
    change(web, "/api/*")
    new = place("new", "/new/*")
    listener.refused[operation] = code
    listener.calls.clear()

    problems = apply(listener, environment, [api, web, new])

    assert {problem.retryable for problem in problems.values()} == {True}
    assert problems[new.pk].sentence == routes.AT_ONCE
    assert listener.calls.count("describe_rules") == 2


def test_what_goes_wrong_with_one_service_does_not_keep_others_waiting(place, route, listener, environment):
    old, new = place("old", "/old/*"), place("new", "/new/*")
    route(old)
    listener.refused["create_rule"] = "TooManyRules"

    problems = apply(listener, environment, [old, new])

    assert list(problems) == [new.pk]
    assert problems[new.pk].code == "limit_exceeded"


@pytest.mark.parametrize("operation", ["describe_target_groups", "describe_rules"])
def test_when_aws_cannot_be_asked_nobody_gets_his_way(place, route, listener, environment, operation):
    placements = [place("web"), place("api", "/api/*")]
    route(*placements)
    listener.refused[operation] = "ServiceUnavailable"

    problems = apply(listener, environment, placements)

    assert sorted(problems) == [each.pk for each in placements]
    assert all(isinstance(problem, AwsProblem) and problem.retryable for problem in problems.values())


def test_no_service_asks_nothing(listener, environment):
    assert apply(listener, environment, []) == {}
    assert listener.calls == []


# What a request may say is small here, so that services stand in each other's way all the time.
steps = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(HOSTS), st.sampled_from(PATHS)), max_size=9)
foreign = st.sets(st.sampled_from([1, 2, 3, 12_500, 24_999, 25_000, 25_001, 25_100, LAST]), max_size=6)


def said(service):
    """How much a service's rule says, by the definition of what is more."""
    literal = service.path.split("*")[0].split("?")[0]
    exact_host = bool(service.host) and "*" not in service.host
    return exact_host, len(service.host), len(literal), literal == service.path


def most_said(services, host, path):
    """What the service that says most of a request says of it; None when none matches."""
    fits = [each for each in services if matches(each.path, path) and (not each.host or matches(each.host, host))]
    return max(map(said, fits), default=None)


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def shelf(place):
    return [place(f"service{number}", f"/nowhere/{number}") for number in range(5)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, by_hand=foreign)
def test_whatever_changes_in_whatever_order_the_service_that_says_most_answers(shelf, environment, steps, by_hand):
    listener, services = LoadBalancer(), {}
    arns = {listener.add_by_hand(number): number for number in by_hand}
    with taken_back():
        for index, host, path in steps:
            placement = Placement.objects.select_related("service", "environment").get(pk=shelf[index].pk)
            taken = any((each.host, each.path) == (host, path) for each in services.values())
            assume(not taken)
            change(placement, path, host)
            services[placement.pk] = placement.service
            before = {request: listener.answer(*request) for request in REQUESTS}
            moments = [before]
            listener.after = lambda seen=moments: seen.append({each: listener.answer(*each) for each in REQUESTS})
            listener.calls.clear()

            assert apply(listener, environment, [placement]) == {}

            groups = {
                each.target_group_arn: services[each.pk] for each in Placement.objects.all() if each.pk in services
            }
            for request, arn in moments[-1].items():
                assert (said(groups[arn]) if arn else None) == most_said(services.values(), *request), request
                assert {moment[request] for moment in moments} <= {before[request], arn}, request
            assert listener.calls.count("set_rule_priorities") <= 1
            assert {arn: listener.priorities()[arn] for arn in arns} == arns
            kept = dict(Placement.objects.exclude(rule_arn="").values_list("rule_arn", "rule_priority"))
            assert kept == {arn: at for arn, at in listener.priorities().items() if arn not in arns}
