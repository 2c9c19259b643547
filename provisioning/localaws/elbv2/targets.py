"""Targets of load balancers, for whoever runs them: register, see their health, deregister, wait until drained.

Every function may be called from any thread and for every account and region: the target group's ARN tells.
"""

from collections.abc import Callable

from provisioning.localaws.elbv2 import store
from provisioning.localaws.elbv2.registry import SIMULATED, Registry, Target
from provisioning.localaws.elbv2.verdicts import Health

__all__ = ["REGISTRY", "SIMULATED", "Health", "Target", "deregister", "health", "is_drained", "on_change", "register"]

REGISTRY = Registry(store.deregistration_delay)


def register(target: Target, zone: str) -> None:
    """Put the target behind its group, in an availability zone such as eu-west-1a. Idempotent.

    It is "initial" until its first check passes. Host `SIMULATED` is healthy at once and answers 503 with a sentence.
    """
    REGISTRY.register(target, zone)


def deregister(target: Target) -> None:
    """No new request reaches the target from here on; those it has are finished. Idempotent."""
    REGISTRY.deregister(target)


def is_drained(target: Target) -> bool:
    """Whether a deregistered target may be stopped: nothing is in flight, or its deregistration delay is over.

    An idle websocket is closed after a shortened delay; a request in flight has the group's own.
    """
    return REGISTRY.is_drained(target)


def health(target: Target) -> Health:
    """State, reason and description in AWS's words: initial, healthy, unhealthy, draining, or unused when unknown."""
    return REGISTRY.health(target)


def on_change(callback: Callable[[Target], None]) -> None:
    """Have `callback` called after `health` or `is_drained` of a target changed.

    It runs in the thread that changed it (a prober's, a request's, an API call's): hand over and return at once.
    """
    REGISTRY.on_change(callback)
