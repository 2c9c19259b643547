"""Which rule of a listener belongs to which placement, and the place that each of them has from now on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction as database

from deployments.models import Placement, Service
from deployments.rollouts import order
from portal.core.locks import hold
from provisioning.aws.elbv2 import Rule, RuleConditions
from provisioning.models import Environment


class Full(Exception):
    """The listener has no number left."""


@dataclass
class Route:
    """The rule of one placement: as it stands (None: there is none) and, if this is its turn, as it is wanted."""

    placement: Placement
    rule: Rule | None
    wanted: RuleConditions | None
    number: int = 0  # its place from now on

    @property
    def conditions(self) -> RuleConditions:
        """What it will say."""
        return self.wanted or (self.rule.conditions if self.rule else conditions_of(self.placement.service))

    @property
    def present(self) -> int | None:
        """The number that was written down for it, which another worker may be about to send."""
        return self.placement.rule_priority or (self.rule.priority if self.rule else None)

    @property
    def is_new(self) -> bool:
        return self.rule is None and self.wanted is not None

    @property
    def is_changed(self) -> bool:
        return self.rule is not None and self.wanted is not None and not self.rule.says(self.wanted)

    @property
    def is_moved(self) -> bool:
        return self.rule is not None and self.rule.priority != self.number

    @property
    def waits(self) -> bool:
        """Whether its placement asked for something that is not so yet."""
        return self.wanted is not None and (self.is_new or self.is_changed or self.is_moved)

    def sorts_by(self) -> tuple[object, ...]:
        """Of two that say the same, first the one that has said so before."""
        hosts, paths = self.conditions.hosts or ("",), self.conditions.paths or ("/*",)
        broadest = max(order.rank(host, path) for host in hosts for path in paths)
        comes_to_it = self.is_new or self.is_changed
        return broadest, comes_to_it, self.present or order.LAST + 1, self.placement.pk


def conditions_of(service: Service) -> RuleConditions:
    return RuleConditions(paths=(service.path,), hosts=(service.host,) if service.host else ())


def assign(environment: Environment, rules: Sequence[Rule], wanted: Mapping[int, RuleConditions]) -> list[Route]:
    """All routes of the environment's listener in their order, with numbers that are theirs from now on.

    `rules` are those that stand, `wanted` says what the rules of some placements (by pk) are to say. The numbers are
    written down before AWS is asked, so that two workers never choose the same. Raises Full.
    """
    with database.atomic():
        hold(f"rules of environment {environment.pk}")
        routes = sorted(_routes(environment, rules, wanted), key=Route.sorts_by)
        ours = {route.rule.arn for route in routes if route.rule}
        others = {rule.priority for rule in rules if rule.arn not in ours}
        numbers = order.numbers([route.present for route in routes], others)
        if numbers is None:
            raise Full
        for route, number in zip(routes, numbers, strict=True):
            route.number = number
        _reserve(routes)
    return routes


def _routes(environment: Environment, rules: Sequence[Rule], wanted: Mapping[int, RuleConditions]) -> list[Route]:
    """Of all public services of the environment that have a rule, or shall have one."""
    placed = Placement.objects.filter(environment=environment, service__exposure=Service.Exposure.PUBLIC)
    rows = list(placed.select_related("service"))
    own = _own(rules, rows)
    return [
        Route(row, own.get(row.pk), wanted.get(row.pk))
        for row in rows
        if row.pk in own or row.pk in wanted or row.rule_priority
    ]


def _own(rules: Sequence[Rule], placements: Sequence[Placement]) -> dict[int, Rule]:
    """The rule of each placement that has one, by the placement's pk."""
    by_arn = {rule.arn: rule for rule in rules}
    own = {placement.pk: _recognised(placement, by_arn) for placement in placements}
    claimed = {rule.arn for rule in own.values() if rule}
    for placement in placements:
        if placement.rule_arn and own[placement.pk] is None:
            own[placement.pk] = _in_place_of_lost(placement, [rule for rule in rules if rule.arn not in claimed])
    return {pk: rule for pk, rule in own.items() if rule}


def _recognised(placement: Placement, by_arn: Mapping[str, Rule]) -> Rule | None:
    """The rule on record, or one that forwards to the placement's target group, with whatever weight."""
    forwarding = (rule for rule in by_arn.values() if placement.target_group_arn in rule.target_groups)
    return by_arn.get(placement.rule_arn) or next(forwarding, None)


def _in_place_of_lost(placement: Placement, rules: Iterable[Rule]) -> Rule | None:
    """One that says the same as a lost one: it was made anew for another target group of the service."""
    return next((rule for rule in rules if rule.says(conditions_of(placement.service))), None)


def _reserve(routes: Iterable[Route]) -> None:
    """No two may have the same number at any moment, so all that move give theirs up first."""
    moved = [route for route in routes if route.placement.rule_priority != route.number]
    if not moved:
        return
    Placement.objects.filter(pk__in=[route.placement.pk for route in moved]).update(rule_priority=None)
    for route in moved:
        route.placement.rule_priority = route.number
    Placement.objects.bulk_update([route.placement for route in moved], ["rule_priority"])
