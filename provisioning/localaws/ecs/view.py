"""A service's records as the plain values that decisions are made from, health included."""

import os
import time
from collections.abc import Iterable

from provisioning.localaws.ecs import events
from provisioning.localaws.ecs.model import Deployment, Health, Phase, Service, State, StopType, Task
from provisioning.localaws.ecs.records import Record, breaker_of
from provisioning.localaws.elbv2 import targets
from provisioning.localaws.elbv2.targets import Target

# A program without any check is taken for healthy when it has run for so long: one that cannot start has exited.
SETTLING = 1.0  # seconds

STOPS = {"ROLLBACK_REQUESTED": StopType.ROLLBACK, "STOP_REQUESTED": StopType.ABORT}


def service_of(record: Record, tasks: Iterable[Record], asked_to: str = "") -> Service:
    """`asked_to`: the status of the service deployment, which may be a request to stop."""
    configured = record["deploymentConfiguration"]
    good = record["_good"]
    return Service(
        desired=record["desiredCount"],
        deployments=tuple(_deployment(each, asked_to) for each in record["deployments"]),
        tasks=tuple(task_of(record, each) for each in tasks),
        minimum_percent=int(configured.get("minimumHealthyPercent", 100)),
        maximum_percent=int(configured.get("maximumPercent", 200)),
        breaker=breaker_of(record),
        strategy=configured.get("strategy", "ROLLING"),
        last_good=good["id"] if good else "",
        is_steady=record["_steady"],
        is_deleted=record["status"] == "DRAINING",
    )


def _deployment(record: Record, asked_to: str) -> Deployment:
    is_primary = record["status"] == "PRIMARY"
    return Deployment(
        id=record["id"],
        state=State(record["rolloutState"]),
        is_primary=is_primary,
        is_rollback=record["_rollback"],
        failed_tasks=record["failedTasks"],
        not_before=record["_not_before"],
        stop=STOPS.get(asked_to) if is_primary else None,
    )


def task_of(service: Record, record: Record) -> Task:
    health, why = (Health.UNHEALTHY, record["_failing"]) if "_failing" in record else health_of(record)
    return Task(
        id=record["taskArn"],
        deployment=record["_deployment"],
        phase=_phase(record),
        health=health,
        why=why,
        created=record["createdAt"],
        grace_until=record.get("startedAt", 0) + _grace(service),
        has_served=record.get("_was_healthy", False),
        protected_until=record.get("_protected_until", 0),
    )


def _grace(service: Record) -> float:
    """In full, as on AWS, unless LOCALAWS_LONGEST_GRACE says how many seconds are enough for what runs here."""
    longest = float(os.environ.get("LOCALAWS_LONGEST_GRACE") or "inf")
    return min(float(service.get("healthCheckGracePeriodSeconds") or 0), longest)


def _phase(record: Record) -> Phase:
    if record["desiredStatus"] == "STOPPED":
        return Phase.STOPPING
    return Phase.RUNNING if record["lastStatus"] == "RUNNING" else Phase.STARTING


def targets_of(record: Record) -> list[Target]:
    """Where the task is registered, or was before it stopped."""
    return [Target(*each) for each in record["_targets"]]


def health_of(record: Record) -> tuple[Health, str]:
    """The worst of the task's checks, and what it is stopped for when that is unhealthy."""
    if record["lastStatus"] != "RUNNING":
        return Health.UNPROVEN, ""
    checked = [each["healthStatus"] for each in record["containers"] if each["_checked"]]
    if "UNHEALTHY" in checked:
        return Health.UNHEALTHY, events.CONTAINER_UNHEALTHY
    registered = targets_of(record)
    states = [targets.health(each).state for each in registered]
    if "unhealthy" in states:
        return Health.UNHEALTHY, events.failed_target_checks(registered[states.index("unhealthy")].group)
    return _passed(record, [*checked, *(state.upper() for state in states)]), ""


def _passed(record: Record, states: list[str]) -> Health:
    wanted = record.get("_wanted_targets", 0)
    if not states:
        settled = time.time() - record["startedAt"] >= SETTLING and not wanted
        return Health.HEALTHY if settled else Health.UNPROVEN
    reachable = len(record["_targets"]) == wanted
    return Health.HEALTHY if reachable and set(states) == {"HEALTHY"} else Health.UNPROVEN
