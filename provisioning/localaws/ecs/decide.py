"""What a service needs next. Pure: the scheduler applies the moves, looks again, and asks until there are none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from provisioning.localaws.ecs.model import Service, State, StopType
from provisioning.localaws.ecs.rolling import Start, Stop, roll


class Cause(Enum):
    """Why a deployment did not get there."""

    TASKS_FAILED = "tasks failed"
    REQUESTED = "requested"
    ABORTED = "aborted"


@dataclass(frozen=True)
class Complete:
    deployment: str


@dataclass(frozen=True)
class Fail:
    """The deployment failed, and nothing is put in its place."""

    deployment: str
    cause: Cause


@dataclass(frozen=True)
class RollBack:
    deployment: str
    to: str
    cause: Cause


@dataclass(frozen=True)
class Forget:
    """The deployment has no tasks any more and is not listed any longer."""

    deployment: str


@dataclass(frozen=True)
class Steady:
    """The service is as it should be again."""


@dataclass(frozen=True)
class End:
    """The deleted service has no tasks any more."""


Move = Start | Stop | Complete | Fail | RollBack | Forget | Steady | End

# How a deployment's tasks take the place of the earlier ones', by deploymentConfiguration.strategy.
STRATEGIES: Mapping[str, Callable[[Service, float], list[Start | Stop]]] = {"ROLLING": roll}


def decide(service: Service, now: float) -> list[Move]:
    """The next moves; `now` in seconds on the clock of the tasks' times. Outcomes first: they change what follows."""
    if service.is_deleted:
        return _ending(service)
    found = [*_unhealthy(service, now), *_outcome(service), *_forgotten(service)]
    return found or [*STRATEGIES[service.strategy](service, now)]


def _ending(service: Service) -> list[Move]:
    if not service.tasks:
        return [End()]
    return [Stop(task.id, "") for task in service.live]


def _unhealthy(service: Service, now: float) -> Iterator[Move]:
    for task in service.live:
        if task.is_failing(now) and not service.is_kept(task):
            yield Stop(task.id, task.why)


def _outcome(service: Service) -> Iterator[Move]:
    primary = service.primary
    if primary.state is State.IN_PROGRESS:
        if primary.stop is StopType.ABORT:
            yield Fail(primary.id, Cause.ABORTED)
        elif primary.stop is StopType.ROLLBACK:
            yield _back(service, Cause.REQUESTED)
        elif service.breaker.trips(primary.failed_tasks, service.desired):
            yield _tripped(service)
        elif service.is_settled:
            yield Complete(primary.id)
    elif primary.state is State.COMPLETED and not service.is_steady and service.is_settled:
        yield Steady()


def _tripped(service: Service) -> Move:
    if service.breaker.rolls_back:
        return _back(service, Cause.TASKS_FAILED)
    return Fail(service.primary.id, Cause.TASKS_FAILED)


def _back(service: Service, cause: Cause) -> Move:
    """To the last good deployment, unless there is none, or it is the very one that fails now."""
    primary = service.primary
    if not service.last_good or primary.is_rollback or service.last_good == primary.id:
        return Fail(primary.id, cause)
    return RollBack(primary.id, service.last_good, cause)


def _forgotten(service: Service) -> Iterator[Move]:
    """What failed is listed until the rollback is over."""
    rolling_back = service.primary.is_rollback and service.primary.state is State.IN_PROGRESS
    busy = {task.deployment for task in service.tasks}
    for each in service.deployments:
        failed = each.state is State.FAILED and rolling_back
        if not each.is_primary and each.id not in busy and not failed:
            yield Forget(each.id)
