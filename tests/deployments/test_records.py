"""What the watcher decides where ECS keeps records of its rollouts: they are the truth, counts are not."""

import pytest

from deployments.rollouts.decision import Decision, Move, Why, asks_record, decide
from provisioning.aws.ecs import ServiceDeployment
from tests.deployments.test_decision import FACTS, FIRST, OLD, STATUSES, old, rollout, service, with_

ENDED_BADLY = sorted({*STATUSES} - {"PENDING", "IN_PROGRESS", "SUCCESSFUL"})
GOES_BACK = ["STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"]
done = service(rollout(state="COMPLETED"), old)
going_back = with_(FACTS, rolling_back=True)


def recorded(facts, status):
    return with_(facts, record=ServiceDeployment("arn", status))


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS"])
def test_a_completed_deployment_whose_record_goes_on_is_waited_for(status):
    assert decide(recorded(FACTS, status), done) == Decision(Move.WAIT)


def test_a_completed_deployment_whose_record_agrees_is_success():
    assert decide(recorded(FACTS, "SUCCESSFUL"), done) == Decision(Move.SUCCEED)


@pytest.mark.parametrize("status", ENDED_BADLY)
def test_a_record_that_went_back_or_was_stopped_turns_the_rollout_back(status):
    assert decide(recorded(FACTS, status), done) == Decision(Move.TURN_BACK, Why.BROKEN)


@pytest.mark.parametrize("status", sorted({*STATUSES} - {*GOES_BACK}))
def test_ecs_is_told_to_go_back_from_what_it_does_not_leave_by_itself(status):
    assert decide(recorded(going_back, status), service(rollout(), old)) == Decision(Move.PUSH_BACK)


@pytest.mark.parametrize("status", GOES_BACK)
def test_ecs_that_goes_back_by_itself_is_left_alone(status):
    still_ours = service(rollout(state="FAILED"), old)

    assert decide(recorded(going_back, status), still_ours) == Decision(Move.WAIT)
    assert decide(with_(recorded(going_back, status), overdue=True), still_ours) == Decision(Move.GIVE_UP, Why.STUCK)


class TestAsking:
    def test_a_rollout_that_goes_on_needs_no_record(self):
        assert not asks_record(FACTS, service(rollout(running=1), old))
        assert not asks_record(FACTS, None)

    @pytest.mark.parametrize(
        "said",
        [
            done,
            service(rollout(state="FAILED"), old),
            service(rollout(OLD, name="back"), rollout(status="ACTIVE", state="FAILED")),
        ],
    )
    def test_a_rollout_that_looks_over_does(self, said):
        assert asks_record(FACTS, said)

    def test_going_back_needs_it_until_the_old_release_is_primary(self):
        assert asks_record(going_back, service(rollout(), old))
        assert not asks_record(going_back, service(rollout(OLD, name="back"), rollout(status="ACTIVE")))

    def test_a_first_deployment_that_is_stopped_does_not(self):
        assert not asks_record(with_(FIRST, rolling_back=True), service(rollout()))


class TestStaleAnswers:
    """ECS answers from several copies: for a moment some do not know the last change yet."""

    before_ours = service(rollout(OLD, name="old", state="COMPLETED"))

    def test_what_served_before_ours_began_is_not_taken_for_being_back(self):
        fresh = with_(going_back, fresh=True)

        assert asks_record(fresh, self.before_ours)
        assert decide(recorded(fresh, "IN_PROGRESS"), self.before_ours) == Decision(Move.PUSH_BACK)
        assert decide(fresh, self.before_ours) == Decision(Move.WAIT)
        assert decide(recorded(fresh, "ROLLBACK_SUCCESSFUL"), self.before_ours) == Decision(Move.BACK)

    def test_a_first_deployment_that_is_not_seen_yet_is_not_taken_for_stopped(self):
        stopping = with_(FIRST, rolling_back=True, fresh=True)
        made_empty = service(rollout(OLD, name="made", state="COMPLETED"), desired=0, running=0)

        assert decide(stopping, made_empty) == Decision(Move.WAIT)

    def test_a_service_that_is_not_seen_yet_is_not_taken_for_removed(self):
        assert decide(with_(FIRST, fresh=True), None) == Decision(Move.WAIT)
        assert decide(FIRST, None) == Decision(Move.GIVE_UP, Why.GONE)

    def test_somebody_elses_rollout_is_said_so_though_ours_was_stopped_by_it(self):
        theirs = service(rollout("task:9", name="theirs"), rollout(status="ACTIVE"))

        assert decide(recorded(FACTS, "STOPPED"), theirs) == Decision(Move.GIVE_UP, Why.REPLACED)


def test_a_release_that_zone_rebalancing_gives_one_task_more_is_done():
    assert decide(FACTS, service(rollout(state="COMPLETED", running=3), running=3)) == Decision(Move.SUCCEED)
