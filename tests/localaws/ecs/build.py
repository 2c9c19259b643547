"""Services and tasks to decide about, named by what matters of them."""

from dataclasses import replace

from provisioning.localaws.ecs.model import Breaker, Deployment, Health, Phase, Service, State, Task

NOW = 1000.0
BREAKER = Breaker(enabled=True, rolls_back=True)


def healthy(deployment: str, count: int = 1, first: int = 1) -> tuple[Task, ...]:
    """Tasks `new-1`, `new-2`, ... of the deployment `new`, that run and have passed their checks."""
    return tuple(
        Task(f"{deployment}-{n}", deployment, health=Health.HEALTHY, created=float(n))
        for n in range(first, first + count)
    )


def unproven(deployment: str, count: int = 1, first: int = 1) -> tuple[Task, ...]:
    return tuple(replace(task, health=Health.UNPROVEN) for task in healthy(deployment, count, first))


def starting(deployment: str, count: int = 1, first: int = 1) -> tuple[Task, ...]:
    return tuple(replace(task, phase=Phase.STARTING) for task in unproven(deployment, count, first))


def stopping(deployment: str, count: int = 1, first: int = 1) -> tuple[Task, ...]:
    return tuple(replace(task, phase=Phase.STOPPING) for task in healthy(deployment, count, first))


def unhealthy(deployment: str, why: str = "failed", grace_until: float = 0, first: int = 1) -> tuple[Task, ...]:
    made = healthy(deployment, 1, first)
    return tuple(replace(task, health=Health.UNHEALTHY, why=why, grace_until=grace_until) for task in made)


def protected(*tasks: Task, until: float = NOW + 60) -> tuple[Task, ...]:
    return tuple(replace(task, protected_until=until) for task in tasks)


def rollout(*tasks: Task, desired: int = 2, **about: object) -> Service:
    """A new deployment takes the place of an old, completed one. `about` sets members of the service."""
    new = Deployment("new")
    old = Deployment("old", State.COMPLETED, is_primary=False)
    service = Service(desired, (new, old), tasks, breaker=BREAKER, last_good="old")
    return replace(service, **about)


def alone(*tasks: Task, desired: int = 2, state: State = State.COMPLETED, **about: object) -> Service:
    """A service with one deployment, `new`, which completed unless said otherwise."""
    service = Service(desired, (Deployment("new", state),), tasks, breaker=BREAKER, last_good="new", is_steady=True)
    return replace(service, **about)
