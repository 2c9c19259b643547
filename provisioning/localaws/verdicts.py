"""The rules of a load balancer's health checks: pure, with AWS's waiting times shortened for a local clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

# Seconds. AWS checks every 5-300 s; nobody waits that long for a demonstration.
LONGEST_INTERVAL = 1.0
LONGEST_TIMEOUT = 1.5
FIRST_INTERVAL = 0.25  # while the first verdict is out
STARTUP_GRACE = 15.0  # a program that does not listen yet is starting, for this long


class Outcome(Enum):
    """What one probe met."""

    PASSED = "passed"
    SILENT = "silent"  # nothing listens (yet)
    FAILED = "failed"  # a wrong status, or no answer in time


class State(Enum):
    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True)
class Check:
    """A target group's health check on one target."""

    host: str
    port: int
    path: str
    codes: str
    interval: float
    timeout: float
    healthy_after: int
    unhealthy_after: int


@dataclass(frozen=True)
class Verdict:
    since: float
    state: State = State.INITIAL
    passes: int = 0
    failures: int = 0
    reason: str = ""


def check_of(group: Mapping[str, Any], host: str, port: int) -> Check:
    """The check that a MiniStack target group record asks for."""
    own_port = str(group.get("HealthCheckPort", "traffic-port"))
    return Check(
        host=host,
        port=int(own_port) if own_port.isdigit() else port,
        path=group.get("HealthCheckPath") or "/",
        codes=(group.get("Matcher") or {}).get("HttpCode") or "200",
        interval=min(float(group.get("HealthCheckIntervalSeconds", 30)), LONGEST_INTERVAL),
        timeout=min(float(group.get("HealthCheckTimeoutSeconds", 5)), LONGEST_TIMEOUT),
        healthy_after=min(int(group.get("HealthyThresholdCount", 5)), 2),
        unhealthy_after=int(group.get("UnhealthyThresholdCount", 2)),
    )


def code_matches(codes: str, status: int) -> bool:
    """Whether a Matcher such as "200", "200-299" or "200,301" accepts the status."""
    for part in codes.split(","):
        low, _, high = part.strip().partition("-")
        if re.fullmatch(r"\d+", low) and int(low) <= status <= int(high or low):
            return True
    return False


def judge(verdict: Verdict, outcome: Outcome, check: Check, now: float, reason: str = "") -> Verdict:
    """The verdict after one more probe. A new target needs a single pass, as on AWS."""
    if outcome is Outcome.PASSED:
        passes = verdict.passes + 1
        healthy = verdict.state is State.INITIAL or passes >= check.healthy_after
        state = State.HEALTHY if healthy else verdict.state
        return replace(verdict, state=state, passes=passes, failures=0, reason="")
    starting = verdict.state is State.INITIAL and now - verdict.since < STARTUP_GRACE
    if outcome is Outcome.SILENT and starting:
        return verdict
    failures = verdict.failures + 1
    state = State.UNHEALTHY if failures >= check.unhealthy_after else verdict.state
    return replace(verdict, state=state, passes=0, failures=failures, reason=reason)


def wait_after(verdict: Verdict, check: Check) -> float:
    """Seconds until the next probe."""
    return FIRST_INTERVAL if verdict.state is State.INITIAL else check.interval
