"""The way of requests to the public services of an environment: their target groups, and listener rules in order.

The order follows from what the rules say (order.py) and is made right with every change. Rules that others made keep
their numbers. See decision 0013.
"""

from collections.abc import Sequence
from contextlib import suppress

from deployments.catalog import health
from deployments.models import Placement, Service
from deployments.rollouts import names
from deployments.rollouts.places import Full, Route, assign, conditions_of
from portal.core.sentences import Sentence
from provisioning.aws import elbv2
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.facts import facts_of
from provisioning.models import Environment

DEREGISTRATION_SECONDS = 30  # a task that leaves may finish its requests for this long
OVERTAKEN = frozenset({"conflict", "not_found"})  # the listener is not as it was a moment ago
NO_PLACE = Sentence("rollouts.no_place")
AT_ONCE = Sentence("rollouts.routes_overtaken")

Problems = dict[int, Exception]


class Unready(Exception):
    """A preparing step cannot be done, and will not be by trying again: the sentence says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def apply(session: AwsSession, environment: Environment, placements: Sequence[Placement]) -> Problems:
    """Routes requests to these placements of public services, as their settings are now.

    Their ARNs and priorities are written down. Returns what went wrong (AwsProblem or Unready) by the placement's pk.
    """
    problems = _ensure_groups(session, environment, placements)
    grouped = [each for each in placements if each.pk not in problems]
    return problems | _ensure_rules(session, environment, grouped)


def _ensure_groups(session: AwsSession, environment: Environment, placements: Sequence[Placement]) -> Problems:
    specs = {placement.pk: _target_group(environment, placement.service) for placement in placements}
    known = [specs[placement.pk].name for placement in placements if placement.target_group_arn]
    try:
        found = elbv2.target_groups(session, known)
    except AwsProblem as problem:
        return dict.fromkeys(specs, problem)
    problems: Problems = {}
    for placement in placements:
        try:
            _ensure_group(session, placement, specs[placement.pk], found.get(specs[placement.pk].name))
        except AwsProblem as problem:
            problems[placement.pk] = problem
    return problems


def _target_group(environment: Environment, service: Service) -> elbv2.TargetGroupSpec:
    return elbv2.TargetGroupSpec(
        name=names.target_group_name(environment.aws_name, service.name, environment.pk),
        vpc_id=facts_of(environment).vpc_id,
        health_path=service.health_path,
        health_codes=health.health_codes(redirect_is_healthy=service.redirect_is_healthy),
        deregistration_delay=DEREGISTRATION_SECONDS,
    )


def _ensure_group(
    session: AwsSession, placement: Placement, spec: elbv2.TargetGroupSpec, found: elbv2.TargetGroup | None
) -> None:
    """Its ARN is written down once it has all its settings: those that AWS does not tell with it are sent once."""
    if found and found.arn == placement.target_group_arn:
        elbv2.change_target_group(session, found, spec)
        return
    placement.target_group_arn = elbv2.create_target_group(session, spec)
    placement.save(update_fields=["target_group_arn"])


def _ensure_rules(session: AwsSession, environment: Environment, placements: Sequence[Placement]) -> Problems:
    """Looks again, once, when somebody else was quicker."""
    if not placements:
        return {}
    pks = [placement.pk for placement in placements]
    try:
        with suppress(_Overtaken):
            return _routed(session, environment, placements)
        return _routed(session, environment, placements)
    except _Overtaken as overtaken:
        again = AwsProblem("not_yet", "route requests to the service", str(overtaken), AT_ONCE)
        return dict.fromkeys(pks, again)
    except AwsProblem as problem:
        return dict.fromkeys(pks, problem)


class _Overtaken(Exception):
    """Somebody else changed the listener between our look and our call."""


def _routed(session: AwsSession, environment: Environment, placements: Sequence[Placement]) -> Problems:
    listener = facts_of(environment).listener_arn
    wanted = {placement.pk: conditions_of(placement.service) for placement in placements}
    try:
        routes = assign(environment, elbv2.rules(session, listener), wanted)
    except Full:
        return dict.fromkeys(wanted, Unready(NO_PLACE))
    try:
        problems = _carry_out(session, listener, routes)
    except AwsProblem as problem:
        if problem.code in OVERTAKEN:
            raise _Overtaken(problem.detail) from problem
        problems = {route.placement.pk: problem for route in routes if route.waits}
    _write_down(routes, placements)
    return problems


def _carry_out(session: AwsSession, listener: str, routes: Sequence[Route]) -> Problems:
    """In such an order that meanwhile each request is answered by who answered before or by who answers afterwards:
    what is to stand earlier says less first, what is to stand later stands there before it says more."""
    changed = [route for route in routes if route.is_changed]
    later = [route for route in changed if _goes_back(route, routes)]
    for route in changed:
        if route not in later:
            _change(session, route)
    if moves := {route.rule.arn: route.number for route in routes if route.rule and route.is_moved}:
        elbv2.set_priorities(session, moves)
    problems: Problems = {}
    for route in [*(route for route in routes if route.is_new), *later]:
        try:
            _create(session, listener, route) if route.is_new else _change(session, route)
        except AwsProblem as problem:
            if problem.code in OVERTAKEN:
                raise
            problems[route.placement.pk] = problem
    return problems


def _goes_back(route: Route, routes: Sequence[Route]) -> bool:
    """Whether more of our rules will stand before it than do now."""
    standing = [each for each in routes if each.rule]
    ahead = [each for each in standing if each.rule and route.rule and each.rule.priority < route.rule.priority]
    return standing.index(route) > len(ahead)


def _change(session: AwsSession, route: Route) -> None:
    assert route.rule
    assert route.wanted
    elbv2.change_rule(session, route.rule.arn, route.wanted)


def _create(session: AwsSession, listener: str, route: Route) -> None:
    group = route.placement.target_group_arn
    route.rule = elbv2.create_rule(session, listener, group, route.conditions, route.number)


def _write_down(routes: Sequence[Route], placements: Sequence[Placement]) -> None:
    """Which rules are theirs, on the rows and on the given placements."""
    given = {placement.pk: placement for placement in placements}
    for route in routes:
        if route.rule and route.placement.rule_arn != route.rule.arn:
            route.placement.rule_arn = route.rule.arn
            route.placement.save(update_fields=["rule_arn"])
        if route.placement.pk in given:
            given[route.placement.pk].rule_arn = route.placement.rule_arn
            given[route.placement.pk].rule_priority = route.placement.rule_priority
