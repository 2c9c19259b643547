"""What the watcher decides, for every state ECS can describe."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.rollouts.decision import Decision, Facts, Move, Why, decide
from provisioning.aws.ecs import DeploymentState, ServiceDeployment, ServiceState

NEW, OLD, OTHER = "task:2", "task:1", "task:9"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def rollout(task_definition=NEW, *, name="ours", status="PRIMARY", state="IN_PROGRESS", running=2, desired=2):
    return DeploymentState(name, status, task_definition, state, "", desired, running, 0, 0, NOW, NOW)


def service(*deployments, desired=2, running=2, pending=0, status="ACTIVE"):
    return ServiceState("arn", "web", status, NEW, desired, running, pending, tuple(deployments), (), ())


FACTS = Facts(task_definition=NEW, ecs_deployment="ours", previous=OLD)
FIRST = Facts(task_definition=NEW, ecs_deployment="ours")
old = rollout(OLD, name="old", status="ACTIVE", state="COMPLETED")


def with_(facts, **changes):
    return Facts(**{**facts.__dict__, **changes})


def test_a_completed_primary_with_all_its_tasks_is_success():
    assert decide(FACTS, service(rollout(state="COMPLETED"), old)) == Decision(Move.SUCCEED)


def test_the_primary_is_found_by_status_and_not_by_place():
    assert decide(FACTS, service(old, rollout(state="COMPLETED"))) == Decision(Move.SUCCEED)


def test_a_completed_primary_that_misses_a_task_is_waited_for():
    assert decide(FACTS, service(rollout(state="COMPLETED", running=1))) == Decision(Move.WAIT)


def test_stable_on_the_old_release_is_no_success():
    stable = service(rollout(OLD, name="back", state="COMPLETED"))

    assert decide(FACTS, stable) == Decision(Move.TURN_BACK, Why.BROKEN)


def test_a_failed_rollout_turns_back_even_while_it_is_primary():
    assert decide(FACTS, service(rollout(state="FAILED"), old)) == Decision(Move.TURN_BACK, Why.BROKEN)


def test_an_earlier_failed_attempt_at_the_same_release_does_not_count():
    earlier = rollout(name="earlier", status="ACTIVE", state="FAILED", running=0)

    assert decide(FACTS, service(rollout(), earlier)) == Decision(Move.WAIT)


def test_a_young_rollout_that_ecs_does_not_show_yet_is_waited_for():
    before = service(rollout(OLD, name="old", state="COMPLETED"))

    assert decide(with_(FACTS, fresh=True), before) == Decision(Move.WAIT)


def test_somebody_elses_rollout_ends_ours():
    assert decide(FACTS, service(rollout(OTHER, name="theirs"))) == Decision(Move.GIVE_UP, Why.REPLACED)


@pytest.mark.parametrize("gone", [None, service(status="INACTIVE"), service(status="DRAINING")])
def test_a_removed_service_ends_the_rollout(gone):
    assert decide(FACTS, gone) == Decision(Move.GIVE_UP, Why.GONE)


@pytest.mark.parametrize(("limit", "why"), [("cancel", Why.CANCEL), ("overdue", Why.OVERDUE)])
def test_a_rollout_that_is_canceled_or_overdue_turns_back(limit, why):
    assert decide(with_(FACTS, **{limit: True}), service(rollout(), old)) == Decision(Move.TURN_BACK, why)


def test_a_rollout_that_succeeded_is_not_canceled_any_more():
    assert decide(with_(FACTS, cancel=True), service(rollout(state="COMPLETED"))) == Decision(Move.SUCCEED)


def test_a_restart_of_the_same_release_is_told_from_the_one_before_by_its_id():
    same = with_(FACTS, previous=NEW)

    assert decide(same, service(rollout(name="before", state="COMPLETED"))) == Decision(Move.TURN_BACK, Why.BROKEN)
    assert decide(same, service(rollout(name="ours", state="COMPLETED"))) == Decision(Move.SUCCEED)


class TestGoingBack:
    facts = with_(FACTS, rolling_back=True)

    def test_ecs_is_told_to_go_back_as_long_as_the_new_release_is_primary(self):
        assert decide(self.facts, service(rollout(), old)) == Decision(Move.PUSH_BACK)

    def test_ecs_has_a_moment_to_go_back_by_itself_from_what_failed(self):
        failed = service(rollout(state="FAILED"), old)

        assert decide(with_(self.facts, fresh=True), failed) == Decision(Move.WAIT)
        assert decide(self.facts, failed) == Decision(Move.PUSH_BACK)

    def test_it_is_back_when_the_old_release_runs_all_its_tasks(self):
        assert decide(self.facts, service(rollout(OLD, name="back"))) == Decision(Move.WAIT)
        assert decide(self.facts, service(rollout(OLD, name="back", state="COMPLETED"))) == Decision(Move.BACK)

    def test_an_old_release_that_does_not_come_up_is_given_up(self):
        slow = service(rollout(OLD, name="back", running=0))

        assert decide(with_(self.facts, overdue=True), slow) == Decision(Move.GIVE_UP, Why.STUCK)
        assert decide(self.facts, service(rollout(OLD, name="back", state="FAILED"))) == Decision(
            Move.GIVE_UP, Why.STUCK
        )


class TestStoppingAFirstDeployment:
    facts = with_(FIRST, rolling_back=True)

    def test_no_task_is_wanted_any_more(self):
        assert decide(self.facts, service(rollout(state="FAILED"), desired=2)) == Decision(Move.STOP)

    def test_its_tasks_are_waited_for(self):
        assert decide(self.facts, service(rollout(), desired=0, running=1)) == Decision(Move.WAIT)
        assert decide(self.facts, service(rollout(), desired=0, running=0, pending=1)) == Decision(Move.WAIT)

    def test_it_is_over_when_nothing_runs(self):
        assert decide(self.facts, service(rollout(), desired=0, running=0)) == Decision(Move.BACK)


STATUSES = [
    "PENDING",
    "IN_PROGRESS",
    "SUCCESSFUL",
    "STOPPED",
    "STOP_REQUESTED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
]
DEPLOYMENTS = st.builds(
    rollout,
    st.sampled_from([NEW, OLD, OTHER]),
    name=st.sampled_from(["ours", "old", "x"]),
    status=st.sampled_from(["PRIMARY", "ACTIVE", "INACTIVE"]),
    state=st.sampled_from(["IN_PROGRESS", "COMPLETED", "FAILED"]),
    running=st.integers(0, 3),
    desired=st.integers(0, 3),
)
SERVICES = st.none() | st.builds(
    lambda found, desired, running, status: service(*found, desired=desired, running=running, status=status),
    st.lists(DEPLOYMENTS, max_size=4),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(["ACTIVE", "ACTIVE", "DRAINING", "INACTIVE"]),
)
ANY_FACTS = st.builds(
    Facts,
    task_definition=st.just(NEW),
    ecs_deployment=st.just("ours"),
    previous=st.sampled_from(["", OLD, NEW]),
    rolling_back=st.booleans(),
    cancel=st.booleans(),
    overdue=st.booleans(),
    fresh=st.booleans(),
    record=st.none() | st.builds(ServiceDeployment, st.just("arn"), st.sampled_from(STATUSES)),
)


@given(ANY_FACTS, SERVICES)
def test_success_is_only_ever_the_requested_release_with_all_its_tasks(facts, said):
    if decide(facts, said).move is Move.SUCCEED:
        primary = said.primary
        assert primary.task_definition == NEW
        assert primary.rollout_state == "COMPLETED"
        assert primary.running == primary.desired > 0
        assert not facts.rolling_back


@given(ANY_FACTS, SERVICES)
def test_an_overdue_rollout_is_never_just_waited_for(facts, said):
    if facts.overdue and not facts.fresh:
        assert decide(facts, said).move is not Move.WAIT


@given(ANY_FACTS, SERVICES)
def test_a_first_deployment_is_never_told_to_go_back_to_anything(facts, said):
    if facts.is_first:
        assert decide(facts, said).move is not Move.PUSH_BACK


@given(ANY_FACTS, SERVICES)
def test_every_move_but_waiting_and_the_good_ones_says_why(facts, said):
    decision = decide(facts, said)
    assert (decision.why is not Why.NONE) == (decision.move in {Move.TURN_BACK, Move.GIVE_UP})
