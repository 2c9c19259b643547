"""What to do about a rollout, from what ECS says: pure, so that every case can be tested.

ECS's own record of the rollout is the truth, where there is one. "Stable" can mean "rolled back": success is only that
the PRIMARY deployment has the requested task definition, is COMPLETED and runs all its tasks, and that the record says
so too. The primary is found by its status, never by its place in the list.
"""

from dataclasses import dataclass
from enum import StrEnum

from provisioning.aws.ecs import DeploymentState, ServiceDeployment, ServiceState

PRIMARY, FAILED, COMPLETED = "PRIMARY", "FAILED", "COMPLETED"


@dataclass(frozen=True)
class Facts:
    """What the portal knows of its own rollout. `previous` is empty for a service's first deployment.

    `fresh`: the last change is so young that ECS may still answer with what was before it. `record`: ECS's own of the
    rollout; None where it keeps none, or was not asked.
    """

    task_definition: str
    ecs_deployment: str
    previous: str = ""
    rolling_back: bool = False
    cancel: bool = False
    overdue: bool = False
    fresh: bool = False
    record: ServiceDeployment | None = None

    @property
    def is_first(self) -> bool:
        return not self.previous

    def is_ours(self, deployment: DeploymentState) -> bool:
        """Whether ECS's deployment is this rollout; only its id tells when both releases share a task definition."""
        if deployment.task_definition != self.task_definition:
            return False
        return self.previous not in {"", self.task_definition} or deployment.id == self.ecs_deployment

    def has_failed(self, deployment: DeploymentState) -> bool:
        """An earlier attempt at the same release may still be listed as failed: that one is not this rollout."""
        mine = deployment.id == self.ecs_deployment or (deployment.status == PRIMARY and self.is_ours(deployment))
        return mine and deployment.rollout_state == FAILED

    def is_old(self, deployment: DeploymentState) -> bool:
        return deployment.task_definition == self.previous and not self.is_ours(deployment)

    def is_foreign(self, deployment: DeploymentState) -> bool:
        """Neither of the two releases: somebody works on the service outside the portal."""
        return deployment.task_definition not in {self.task_definition, self.previous}


class Move(StrEnum):
    """What the watcher does next."""

    WAIT = "wait"
    SUCCEED = "succeed"
    TURN_BACK = "turn back"  # the new release will not do: the old one is wanted
    PUSH_BACK = "push back"  # tell ECS to go back
    STOP = "stop"  # nothing to go back to: no task is wanted
    BACK = "back"  # the old release serves, or nothing runs
    GIVE_UP = "give up"


class Why(StrEnum):
    """Why a rollout does not go on."""

    NONE = ""
    BROKEN = "broken"  # ECS's circuit breaker
    OVERDUE = "overdue"
    CANCEL = "cancel"
    GONE = "gone"
    REPLACED = "replaced"
    STUCK = "stuck"  # the old release does not come up either


@dataclass(frozen=True)
class Decision:
    move: Move
    why: Why = Why.NONE


WAIT = Decision(Move.WAIT)


def asks_record(facts: Facts, service: ServiceState | None) -> bool:
    """Whether the next move depends on ECS's record: it looks as if the rollout were over, or has to be stopped."""
    primary = service.primary if service else None
    if service is None or primary is None:
        return service is not None
    if facts.rolling_back:
        return not facts.is_first and (facts.fresh or not facts.is_old(primary))
    return not facts.is_ours(primary) or _is_done(primary) or _has_failed(facts, service)


def decide(facts: Facts, service: ServiceState | None) -> Decision:
    """The next move for a rollout whose service ECS describes as `service` (None: unknown to ECS)."""
    if service is None or service.status != "ACTIVE":
        return WAIT if facts.fresh and service is None else Decision(Move.GIVE_UP, Why.GONE)
    if facts.rolling_back:
        return _stopping(facts, service) if facts.is_first else _going_back(facts, service)
    return _rolling(facts, service)


def _rolling(facts: Facts, service: ServiceState) -> Decision:
    primary = service.primary
    if primary is not None and facts.is_foreign(primary) and not facts.fresh:
        return Decision(Move.GIVE_UP, Why.REPLACED)
    if _has_failed(facts, service):
        return Decision(Move.TURN_BACK, Why.BROKEN)
    if primary is not None and facts.is_ours(primary):
        done = _is_done(primary) and (facts.record is None or facts.record.succeeded)
        return Decision(Move.SUCCEED) if done else _limits(facts)
    if facts.fresh:
        return WAIT
    return _limits(facts) if primary is None else Decision(Move.TURN_BACK, Why.BROKEN)


def _has_failed(facts: Facts, service: ServiceState) -> bool:
    record = facts.record
    ended = record is not None and not record.is_under_way and not record.succeeded
    return ended or any(facts.has_failed(each) for each in service.deployments)


def _limits(facts: Facts) -> Decision:
    if facts.cancel:
        return Decision(Move.TURN_BACK, Why.CANCEL)
    return Decision(Move.TURN_BACK, Why.OVERDUE) if facts.overdue else WAIT


def _is_done(deployment: DeploymentState) -> bool:
    return deployment.rollout_state == COMPLETED and deployment.running >= deployment.desired > 0


def _going_back(facts: Facts, service: ServiceState) -> Decision:
    primary = service.primary
    if primary is not None and facts.is_foreign(primary):
        return Decision(Move.GIVE_UP, Why.REPLACED)
    if primary is not None and facts.is_old(primary):
        if _is_before_ours(facts):
            return _push(facts) if facts.record else WAIT
        if _is_done(primary):
            return Decision(Move.BACK)
        return _stuck(facts, broken=primary.rollout_state == FAILED)
    return _stuck(facts) if primary is None or _goes_by_itself(facts, primary) else _push(facts)


def _is_before_ours(facts: Facts) -> bool:
    """Whether the old release is primary only in an answer from before ours began."""
    return facts.record.is_under_way if facts.record else facts.fresh


def _goes_by_itself(facts: Facts, primary: DeploymentState) -> bool:
    """ECS goes back from what failed, or was stopped, a moment after it says so."""
    if facts.record is None:
        return facts.fresh and primary.rollout_state == FAILED
    return facts.record.goes_back


def _push(facts: Facts) -> Decision:
    return Decision(Move.GIVE_UP, Why.STUCK) if facts.overdue else Decision(Move.PUSH_BACK)


def _stuck(facts: Facts, broken: bool = False) -> Decision:
    return Decision(Move.GIVE_UP, Why.STUCK) if facts.overdue or broken else WAIT


def _stopping(facts: Facts, service: ServiceState) -> Decision:
    if facts.fresh and not (service.primary and facts.is_ours(service.primary)):
        return WAIT
    if service.desired:
        return Decision(Move.STOP)
    if service.running or service.pending:
        return _stuck(facts)
    return Decision(Move.BACK)
