"""The rolling update: new tasks take the place of old ones within minimumHealthyPercent and maximumPercent. Pure.

Only tasks known to be healthy count towards the minimum, so that unhealthy ones never replace the good.
"""

from dataclasses import dataclass

from provisioning.localaws.ecs.model import Service, State, Task, count_healthy


@dataclass(frozen=True)
class Start:
    """Start `count` tasks of the deployment."""

    deployment: str
    count: int


@dataclass(frozen=True)
class Stop:
    """Stop the task; `why` is empty unless its health is the reason."""

    task: str
    why: str


def roll(service: Service, now: float) -> list[Start | Stop]:
    """What brings the service closer to its wanted tasks: first what may go, then what may come."""
    going = [*_surplus(service), *_replaced(service)]
    if not going:
        going = _in_the_way(service)
    return [*(Stop(task.id, "") for task in going)] or _coming(service, now)


def _surplus(service: Service) -> list[Task]:
    """The wanted deployment's tasks beyond the desired count, after a scale-in."""
    current = sorted(service.current, key=_least_loss)
    return current[: max(0, len(current) - service.desired)]


def _replaced(service: Service) -> list[Task]:
    """Old tasks for which healthy new ones stand in, and those of a failed deployment that were never healthy."""
    failed = {each.id for each in service.deployments if each.state is State.FAILED}
    useless = [task for task in service.old if task.deployment in failed and not task.is_healthy]
    rest = sorted((task for task in service.old if task not in useless), key=_least_loss)
    kept = max(0, service.desired - count_healthy(service.current))
    return useless + rest[: max(0, len(rest) - kept)]


def _in_the_way(service: Service) -> list[Task]:
    """Old tasks that have to go first because maximumPercent leaves no room, as far as enough healthy ones stay."""
    lacking = _missing(service) - _room(service)
    if lacking <= 0:
        return []
    spare = max(0, count_healthy(service.live) - service.least_healthy)
    unhealthy = [task for task in service.old if not task.is_healthy]
    healthy = sorted((task for task in service.old if task.is_healthy), key=_least_loss)
    return (unhealthy + healthy[:spare])[:lacking]


def _coming(service: Service, now: float) -> list[Start | Stop]:
    count = min(_missing(service), _room(service))
    return [Start(service.primary.id, count)] if count > 0 and now >= service.primary.not_before else []


def _missing(service: Service) -> int:
    """How many tasks the wanted deployment lacks. A failed one starts none."""
    return 0 if service.primary.state is State.FAILED else service.desired - len(service.current)


def _room(service: Service) -> int:
    return max(0, service.most_live - len(service.live))


def _least_loss(task: Task) -> tuple[bool, float]:
    """Sorts unproven tasks before healthy ones, and young ones before old ones."""
    return task.is_healthy, -task.created
