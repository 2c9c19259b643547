"""Where a task is placed: spread over the zones. The place for container instances and what they hold."""

import time
from collections import Counter
from collections.abc import Iterable

from provisioning.localaws.ecs import strict
from provisioning.localaws.ecs.names import Scope
from provisioning.localaws.ecs.records import Record

ZONES = ("a", "b")
HOSTS_COME_AFTER = 20.0  # seconds; for "late-hosts", from the first task that asks for a place in the cluster

_asked: dict[str, float] = {}


def zone_for(scope: Scope, tasks: Iterable[Record]) -> str:
    """The zone with the fewest of these tasks that are wanted."""
    taken = Counter(each["availabilityZone"] for each in tasks if each["desiredStatus"] == "RUNNING")
    return min((f"{scope.region}{letter}" for letter in ZONES), key=lambda zone: (taken[zone], zone))


def has_hosts(cluster_arn: str) -> bool:
    """Whether a task can be placed there."""
    if not strict.is_on("late-hosts"):
        return True
    return time.monotonic() - _asked.setdefault(cluster_arn, time.monotonic()) >= HOSTS_COME_AFTER


def capacity_provider(service: Record) -> str | None:
    """The provider that a task of the service is placed with: the one with the largest base and weight."""
    strategy = service.get("capacityProviderStrategy") or []
    if not strategy:
        return None
    chosen: Record = max(strategy, key=lambda each: (each.get("base", 0), each.get("weight", 0)))
    return str(chosen["capacityProvider"])
