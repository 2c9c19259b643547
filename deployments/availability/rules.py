"""When a service counts as one that does not answer, from what its tasks and its address say."""

from datetime import datetime
from fnmatch import fnmatchcase

from deployments.availability.outside import Address
from deployments.models import Placement
from provisioning.facts import load_balancer_url

MISSES = 2  # in a row: a single miss is no outage


def by_tasks(placement: Placement, now: datetime) -> None:
    """What the tasks say, which were just counted: with none of those wanted, nobody answers. Otherwise it answers,
    unless it was asked from outside and did not."""
    if placement.desired and not placement.running:
        placement.failing_since = placement.failing_since or now
    elif placement.missed < MISSES:
        placement.failing_since = None
    if placement.failing_since:
        placement.health = Placement.Health.UNHEALTHY


def by_answer(placement: Placement, *, answered: bool, now: datetime) -> bool:
    """What its address said; whether this changed anything of the row."""
    if answered:
        changed = bool(placement.missed or placement.failing_since)
        placement.missed, placement.missed_since, placement.failing_since = 0, None, None
        if changed and placement.running >= placement.desired:
            placement.health = Placement.Health.HEALTHY
        return changed
    placement.missed += 1
    placement.missed_since = placement.missed_since or now
    if placement.missed >= MISSES:
        placement.failing_since = placement.failing_since or placement.missed_since
        placement.health = Placement.Health.UNHEALTHY
    return True


def address_of(placement: Placement) -> Address | None:
    """Where a public service is asked: at its health path where requests for that come to it, else at the beginning of
    its own paths. None without a load balancer."""
    base = load_balancer_url(placement.environment)
    service = placement.service
    if not base:
        return None
    comes_to_it = fnmatchcase(service.health_path, service.path)
    path = service.health_path if comes_to_it else service.path.partition("*")[0]
    return Address(f"{base.rstrip('/')}/{path.lstrip('/')}", service.host)
