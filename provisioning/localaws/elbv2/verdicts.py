"""The rules of health checks: pure, with AWS's waiting times shortened for a local clock.

Where the machine is strained the shortened times are not used for what is late or silent: the check then has AWS's
own (`hurried=False`), so that nothing fails here that would not fail on AWS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple

# Seconds. AWS checks every 5-300 s; nobody waits that long for a demonstration.
LONGEST_INTERVAL = 1.0
LONGEST_TIMEOUT = 1.5
FIRST_INTERVAL = 0.25  # while the first verdict is out
LONGEST_PATIENCE = 2.0  # for how long a target must fail to be unhealthy; on AWS threshold times interval
LONGEST_START_PATIENCE = 10.0  # the same for one that never passed: whoever started it has a grace period for it
STARTUP_GRACE = 15.0  # a program that does not listen yet is starting, for this long


class Outcome(Enum):
    """What one probe met."""

    PASSED = "passed"
    SILENT = "silent"  # nothing listens, or what it says is not HTTP
    LATE = "late"  # no answer in time
    WRONG = "wrong"  # a status that the matcher does not take


class State(Enum):
    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class Health(NamedTuple):
    """AWS's TargetHealth; reason and description are empty for a healthy target."""

    state: str
    reason: str = ""
    description: str = ""


STARTING = Health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING = Health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
DRAINING = Health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
NOT_REGISTERED = Health("unused", "Target.NotRegistered", "Target is not registered to the target group")


@dataclass(frozen=True)
class Check:
    """A target group's health check on one target. Times are in seconds."""

    host: str
    port: int
    path: str
    codes: str
    interval: float
    timeout: float
    healthy_after: int
    unhealthy_after: int
    patience: float = 0


@dataclass(frozen=True)
class Probe:
    """The result of one check; `status` is the HTTP status of an answer that came."""

    outcome: Outcome
    status: int = 0


@dataclass(frozen=True)
class Verdict:
    since: float
    state: State = State.INITIAL
    passes: int = 0
    failures: int = 0
    failing_since: float = 0
    last: Probe | None = None


def check_of(group: Mapping[str, Any], host: str, port: int, *, hurried: bool = True) -> Check:
    """The check that a target group record asks for: with shortened times, or with AWS's own when not hurried."""
    own_port = str(group.get("HealthCheckPort", "traffic-port"))
    interval = float(group.get("HealthCheckIntervalSeconds", 30))
    timeout = float(group.get("HealthCheckTimeoutSeconds", 5))
    unhealthy_after = int(group.get("UnhealthyThresholdCount", 2))
    patience = interval * unhealthy_after
    return Check(
        host=host,
        port=int(own_port) if own_port.isdigit() else port,
        path=group.get("HealthCheckPath") or "/",
        codes=(group.get("Matcher") or {}).get("HttpCode") or "200",
        interval=min(interval, LONGEST_INTERVAL),
        timeout=min(timeout, LONGEST_TIMEOUT) if hurried else timeout,
        healthy_after=min(int(group.get("HealthyThresholdCount", 5)), 2),
        unhealthy_after=unhealthy_after,
        patience=min(patience, LONGEST_PATIENCE) if hurried else patience,
    )


def code_matches(codes: str, status: int) -> bool:
    """Whether a Matcher such as "200", "200-299" or "200,301" accepts the status."""
    for part in codes.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdecimal() and (high or low).isdecimal() and int(low) <= status <= int(high or low):
            return True
    return False


def judge(verdict: Verdict, probe: Probe, check: Check, now: float) -> Verdict:
    """The verdict after one more probe. A new target needs a single pass, as on AWS."""
    if probe.outcome is Outcome.PASSED:
        passes = verdict.passes + 1
        healthy = verdict.state is State.INITIAL or passes >= check.healthy_after
        state = State.HEALTHY if healthy else verdict.state
        return replace(verdict, state=state, passes=passes, failures=0, last=probe)
    if probe.outcome is Outcome.SILENT and is_starting(verdict, now):
        return replace(verdict, last=probe)
    failures = verdict.failures + 1
    since = verdict.failing_since if verdict.failures else now
    patience = min(check.patience, LONGEST_START_PATIENCE) if verdict.state is State.INITIAL else check.patience
    unhealthy = failures >= check.unhealthy_after and now - since >= patience
    state = State.UNHEALTHY if unhealthy else verdict.state
    return replace(verdict, state=state, passes=0, failures=failures, failing_since=since, last=probe)


def is_starting(verdict: Verdict, now: float) -> bool:
    return verdict.state is State.INITIAL and now - verdict.since < STARTUP_GRACE


def wait_after(verdict: Verdict, check: Check) -> float:
    """Seconds until the next probe."""
    return FIRST_INTERVAL if verdict.state is State.INITIAL else check.interval


def health_of(verdict: Verdict) -> Health:
    """The verdict in AWS's words (TargetHealth in the ELBv2 API reference)."""
    if verdict.state is State.HEALTHY:
        return Health("healthy")
    if verdict.state is State.INITIAL:
        return CHECKING if verdict.last else STARTING
    return Health("unhealthy", *_why(verdict.last))


def _why(probe: Probe | None) -> tuple[str, str]:
    if probe is not None and probe.outcome is Outcome.WRONG:
        return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{probe.status}]"
    if probe is not None and probe.outcome is Outcome.LATE:
        return "Target.Timeout", "Request timed out"
    return "Target.FailedHealthChecks", "Health checks failed"
