"""The rules of health checks: when a target becomes healthy, unhealthy, or is still starting."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.localaws.elbv2.verdicts import (
    LONGEST_INTERVAL,
    LONGEST_PATIENCE,
    LONGEST_START_PATIENCE,
    LONGEST_TIMEOUT,
    STARTUP_GRACE,
    Check,
    Health,
    Outcome,
    Probe,
    State,
    Verdict,
    check_of,
    code_matches,
    health_of,
    judge,
    wait_after,
)

CHECK = Check("127.0.0.1", 8080, "/health", "200", interval=1, timeout=1, healthy_after=2, unhealthy_after=2)
PATIENT = Check("127.0.0.1", 8080, "/", "200", interval=1, timeout=1, healthy_after=2, unhealthy_after=2, patience=5)

outcomes = st.lists(st.sampled_from(Outcome))


def verdict_after(*outcomes: Outcome, now: float = 0, check: Check = CHECK) -> Verdict:
    verdict = Verdict(since=0)
    for outcome in outcomes:
        verdict = judge(verdict, Probe(outcome, 500 if outcome is Outcome.WRONG else 200), check, now)
    return verdict


def after(*outcomes: Outcome, now: float = 0) -> State:
    return verdict_after(*outcomes, now=now).state


def test_a_new_target_needs_a_single_pass():
    assert after(Outcome.PASSED) is State.HEALTHY


@pytest.mark.parametrize("failure", [Outcome.WRONG, Outcome.LATE])
def test_a_target_is_unhealthy_after_as_many_failures_in_a_row_as_the_group_says(failure: Outcome):
    assert after(failure) is State.INITIAL
    assert after(failure, failure) is State.UNHEALTHY
    assert after(Outcome.PASSED, failure, Outcome.PASSED, failure) is State.HEALTHY


def test_an_unhealthy_target_needs_several_passes_in_a_row():
    unhealthy = (Outcome.WRONG, Outcome.WRONG)
    assert after(*unhealthy, Outcome.PASSED) is State.UNHEALTHY
    assert after(*unhealthy, Outcome.PASSED, Outcome.PASSED) is State.HEALTHY


def test_a_program_that_does_not_listen_yet_is_starting():
    assert after(*[Outcome.SILENT] * 20) is State.INITIAL
    assert after(*[Outcome.SILENT] * 2, now=STARTUP_GRACE) is State.UNHEALTHY


def test_a_target_that_stops_listening_is_unhealthy():
    assert after(Outcome.PASSED, Outcome.SILENT, Outcome.SILENT) is State.UNHEALTHY


def test_failures_in_quick_succession_do_not_fail_a_target_sooner_than_its_check_allows():
    healthy = verdict_after(Outcome.PASSED)
    wrong = Probe(Outcome.WRONG, 503)

    quickly = healthy
    for moment in (10.0, 10.5, 11.0, 14.9):
        quickly = judge(quickly, wrong, PATIENT, moment)

    assert quickly.state is State.HEALTHY
    assert judge(quickly, wrong, PATIENT, 15.0).state is State.UNHEALTHY


def test_a_target_that_never_passed_is_not_waited_for_as_long_as_one_that_served():
    strained = replace(PATIENT, patience=300)
    late = Probe(Outcome.LATE)
    never = served = Verdict(since=0)
    served = judge(served, Probe(Outcome.PASSED, 200), strained, 0)

    for moment in (1.0, 1.0 + LONGEST_START_PATIENCE):
        never, served = judge(never, late, strained, moment), judge(served, late, strained, moment)

    assert (never.state, served.state) == (State.UNHEALTHY, State.HEALTHY)


@given(outcomes)
def test_the_last_outcomes_alone_decide_between_healthy_and_unhealthy(outcomes: list[Outcome]):
    assert after(Outcome.PASSED, *outcomes, Outcome.PASSED, Outcome.PASSED) is State.HEALTHY
    assert after(Outcome.PASSED, *outcomes, Outcome.WRONG, Outcome.WRONG) is State.UNHEALTHY


@given(outcomes)
def test_no_target_fails_within_the_patience_of_its_check(outcomes: list[Outcome]):
    assert verdict_after(*outcomes, check=PATIENT).state is not State.UNHEALTHY


@pytest.mark.parametrize(
    ("codes", "status", "accepted"),
    [
        ("200", 200, True),
        ("200", 204, False),
        ("200-299", 204, True),
        ("200-299", 301, False),
        ("200,301", 301, True),
        ("200, 400-404", 403, True),
        ("nonsense", 200, False),
        ("200-", 200, True),
        ("-", 200, False),
        ("", 200, False),
    ],
)
def test_a_matcher_takes_codes_and_ranges(codes: str, status: int, accepted: bool):
    assert code_matches(codes, status) is accepted


SLOW = {"HealthCheckIntervalSeconds": 300, "HealthCheckTimeoutSeconds": 120, "UnhealthyThresholdCount": 3}


def test_aws_s_waiting_times_are_shortened():
    check = check_of(SLOW, "127.0.0.1", 8080)

    assert (check.interval, check.timeout, check.patience) == (LONGEST_INTERVAL, LONGEST_TIMEOUT, LONGEST_PATIENCE)


def test_on_a_strained_machine_a_target_has_as_long_as_on_aws():
    check = check_of(SLOW, "127.0.0.1", 8080, hurried=False)

    assert (check.timeout, check.patience) == (120, 900)


def test_a_group_s_own_check_port_and_matcher_are_used():
    group = {"HealthCheckPort": "9090", "HealthCheckPath": "/up", "Matcher": {"HttpCode": "204"}}

    check = check_of(group, "127.0.0.1", 8080)

    assert (check.port, check.path, check.codes) == (9090, "/up", "204")


def test_the_first_verdict_is_looked_for_more_often():
    assert wait_after(Verdict(since=0), CHECK) < wait_after(Verdict(since=0, state=State.HEALTHY), CHECK)


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([], Health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")),
        ([Outcome.SILENT], Health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")),
        ([Outcome.WRONG], Health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")),
        ([Outcome.PASSED], Health("healthy", "", "")),
        (
            [Outcome.WRONG, Outcome.WRONG],
            Health("unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"),
        ),
        ([Outcome.LATE, Outcome.LATE], Health("unhealthy", "Target.Timeout", "Request timed out")),
        (
            [Outcome.PASSED, Outcome.SILENT, Outcome.SILENT],
            Health("unhealthy", "Target.FailedHealthChecks", "Health checks failed"),
        ),
    ],
)
def test_health_is_told_in_aws_s_words(outcomes: list[Outcome], said: Health):
    assert health_of(verdict_after(*outcomes)) == said
