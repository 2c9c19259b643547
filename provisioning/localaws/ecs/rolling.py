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
    failing = [task for task in service.current if task.is_failing(now)]
    wanted = [task for task in service.current if task not in failing]
    lacking = _missing(service, wanted)
    going = [*_stood_in(service, failing), *_surplus(service, wanted, now), *_replaced(service, now)]
    if not going:
        going = _in_the_way(service, lacking, now) or _cramped(service, failing, wanted)
    return [*(Stop(task.id, task.why if task in failing else "") for task in going)] or _coming(service, lacking, now)


def _surplus(service: Service, wanted: list[Task], now: float) -> list[Task]:
    """The wanted deployment's tasks beyond the desired count, after a scale-in."""
    return sorted(_free(wanted, now), key=_least_loss)[: max(0, len(wanted) - service.desired)]


def _stood_in(service: Service, failing: list[Task]) -> list[Task]:
    """The wanted deployment's failing tasks for which healthy ones stand in."""
    kept = max(0, service.desired - count_healthy(service.current))
    return failing[: max(0, len(failing) - kept)]


def _replaced(service: Service, now: float) -> list[Task]:
    """Old tasks for which healthy new ones stand in, and those of a failed deployment that were never healthy."""
    failed = {each.id for each in service.deployments if each.state is State.FAILED}
    free = _free(service.old, now)
    useless = [task for task in free if task.deployment in failed and not task.is_healthy]
    rest = sorted((task for task in free if task not in useless), key=_least_loss)
    staying = count_healthy(service.live) - count_healthy(free)
    kept = max(0, service.desired - staying)
    return useless + rest[: max(0, len(rest) - kept)]


def _in_the_way(service: Service, lacking: int, now: float) -> list[Task]:
    """Old tasks that have to go first because maximumPercent leaves no room, as far as enough healthy ones stay."""
    lacking -= _room(service)
    if lacking <= 0:
        return []
    spare = max(0, count_healthy(service.live) - service.least_healthy)
    free = _free(service.old, now)
    unhealthy = [task for task in free if not task.is_healthy]
    healthy = sorted((task for task in free if task.is_healthy), key=_least_loss)
    return (unhealthy + healthy[:spare])[:lacking]


def _free(tasks: list[Task], now: float) -> list[Task]:
    """Those that a scale-in or a deployment may stop."""
    return [task for task in tasks if not task.is_held(now)]


def _cramped(service: Service, failing: list[Task], wanted: list[Task]) -> list[Task]:
    """One failing task, where there is no room for another beside it and none is on its way."""
    is_awaited = any(not task.is_healthy for task in wanted)
    return [] if is_awaited or _room(service) else failing[:1]


def _coming(service: Service, lacking: int, now: float) -> list[Start | Stop]:
    count = min(lacking, _room(service))
    return [Start(service.primary.id, count)] if count > 0 and now >= service.primary.not_before else []


def _missing(service: Service, wanted: list[Task]) -> int:
    """How many tasks the wanted deployment lacks: those that fail do not count. A failed one starts none."""
    return 0 if service.primary.state is State.FAILED else service.desired - len(wanted)


def _room(service: Service) -> int:
    return max(0, service.most_live - len(service.live))


def _least_loss(task: Task) -> tuple[bool, float]:
    """Sorts unproven tasks before healthy ones, and young ones before old ones."""
    return task.is_healthy, -task.created
