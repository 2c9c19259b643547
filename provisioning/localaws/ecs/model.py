"""What decisions are made from: a service, its deployments and its tasks, as plain values."""

import math
from dataclasses import dataclass
from enum import Enum, StrEnum


class Phase(Enum):
    """Where a task is between being placed and being gone."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"  # told to stop: it drains, or its program ends


class Health(Enum):
    UNPROVEN = "unproven"  # no check has judged it yet
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class State(StrEnum):
    """A deployment's rolloutState."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class StopType(StrEnum):
    """What StopServiceDeployment asked for."""

    ROLLBACK = "ROLLBACK"
    ABORT = "ABORT"


@dataclass(frozen=True)
class Task:
    """`why` says what made it unhealthy; until `grace_until` that is not held against it.

    One that failed stays unhealthy, whatever its checks say afterwards. `has_served`: it was healthy before.
    Until `protected_until` no scale-in and no deployment may stop it.
    """

    id: str
    deployment: str
    phase: Phase = Phase.RUNNING
    health: Health = Health.UNPROVEN
    why: str = ""
    created: float = 0
    grace_until: float = 0
    has_served: bool = False
    protected_until: float = 0

    @property
    def is_live(self) -> bool:
        return self.phase is not Phase.STOPPING

    @property
    def is_healthy(self) -> bool:
        return self.phase is Phase.RUNNING and self.health is Health.HEALTHY

    def is_failing(self, now: float) -> bool:
        return self.phase is Phase.RUNNING and self.health is Health.UNHEALTHY and now >= self.grace_until

    def is_held(self, now: float) -> bool:
        """Whether its protection keeps it: not once it fails, which is no scale-in event."""
        return now < self.protected_until and not self.is_failing(now)


@dataclass(frozen=True)
class Deployment:
    """`not_before` is when the next task may start, after tasks failed again and again."""

    id: str
    state: State = State.IN_PROGRESS
    is_primary: bool = True
    is_rollback: bool = False
    failed_tasks: int = 0
    not_before: float = 0
    stop: StopType | None = None


@dataclass(frozen=True)
class Breaker:
    """The deployment circuit breaker; `kind` and `value` are its thresholdConfiguration."""

    enabled: bool = False
    rolls_back: bool = False
    resets: bool = True
    kind: str = "BOUNDED_PERCENT"
    value: int = 50

    def threshold(self, desired: int) -> int:
        """How many tasks may fail: half of those wanted, from 3 to 200, unless configured otherwise."""
        share = math.ceil(self.value * desired / 100)
        if self.kind == "COUNT":
            return max(1, self.value)
        return max(1, share) if self.kind == "UNBOUNDED_PERCENT" else min(200, max(3, share))

    def trips(self, failed: int, desired: int) -> bool:
        return self.enabled and failed >= self.threshold(desired)


@dataclass(frozen=True)
class Service:
    """`last_good` is the deployment that a failed one goes back to: the last that completed with tasks, or empty."""

    desired: int
    deployments: tuple[Deployment, ...]
    tasks: tuple[Task, ...] = ()
    minimum_percent: int = 100
    maximum_percent: int = 200
    breaker: Breaker = Breaker()
    strategy: str = "ROLLING"
    last_good: str = ""
    is_steady: bool = False
    is_deleted: bool = False

    @property
    def primary(self) -> Deployment:
        return next(each for each in self.deployments if each.is_primary)

    @property
    def live(self) -> list[Task]:
        return [task for task in self.tasks if task.is_live]

    @property
    def current(self) -> list[Task]:
        """The live tasks of the deployment that is wanted."""
        return [task for task in self.live if task.deployment == self.primary.id]

    @property
    def old(self) -> list[Task]:
        return [task for task in self.live if task.deployment != self.primary.id]

    @property
    def least_healthy(self) -> int:
        """minimumHealthyPercent in tasks, rounded up."""
        return math.ceil(self.desired * self.minimum_percent / 100)

    @property
    def most_live(self) -> int:
        """maximumPercent in tasks, rounded down."""
        return max(1, self.desired * self.maximum_percent // 100)

    def is_kept(self, task: Task) -> bool:
        """Whether the task stays, should it fail, until another stands in for it: so ECS has done since 2023."""
        return task.has_served and self.primary.state is not State.FAILED

    @property
    def is_settled(self) -> bool:
        """Whether exactly the wanted tasks run, all of them healthy."""
        return not self.old and len(self.current) == self.desired and all(task.is_healthy for task in self.current)


def count_healthy(tasks: list[Task]) -> int:
    return sum(task.is_healthy for task in tasks)
