"""What the watcher decides where ECS keeps records of its rollouts: they are the truth, counts are not."""

import pytest

from deployments.rollouts.decision import Decision, Move, Why, asks_record, decide
from provisioning.aws.ecs import ServiceDeployment
from tests.deployments.test_decision import FACTS, FIRST, OLD, STATUSES, old, rollout, service, with_

ENDED_BADLY = sorted({*STATUSES} - {"PENDING", "IN_PROGRESS", "SUCCESSFUL"})
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


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS", "SUCCESSFUL"])
def test_ecs_is_told_to_go_back_from_what_is_under_way_or_done(status):
    assert decide(recorded(going_back, status), service(rollout(), old)) == Decision(Move.PUSH_BACK)


@pytest.mark.parametrize("status", ENDED_BADLY)
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
