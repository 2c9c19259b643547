"""The engine's only way into MiniStack: its stores of services, tasks, definitions and clusters."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ecs

from provisioning.localaws.checks import Reaches
from provisioning.localaws.ecs.names import Scope, ServiceKey, scope_of, tail
from provisioning.localaws.ecs.records import Record

REACHES = (
    Reaches(
        "ministack.services.ecs",
        (
            *("_services", "_tasks", "_task_defs", "_clusters"),
            *("_ACTION_MAP", "_create_service", "_update_service", "_delete_service"),
            "_start_restored_service_reconciler",
        ),
    ),
    Reaches("ministack.core.responses", ("get_account_id", "get_region", "request_scope", "json_response")),
)

Handler = Callable[[dict[str, Any]], Any]
Plain = Callable[[dict[str, Any]], Record]  # answers with what the caller sees, or raises

# MiniStack's CloudFormation calls these by name, not by its table of actions.
NAMED_HANDLERS = {
    "CreateService": "_create_service",
    "UpdateService": "_update_service",
    "DeleteService": "_delete_service",
}


def current_scope() -> Scope:
    """Whose request this thread answers."""
    return Scope(get_account_id(), get_region())


def answer_with(handlers: dict[str, Handler]) -> None:
    """Let these answer the calls of their names."""
    for action, handler in handlers.items():
        ecs._ACTION_MAP[action] = handler
        if action in NAMED_HANDLERS:
            setattr(ecs, NAMED_HANDLERS[action], handler)


def after_restore(resume: Callable[[], None]) -> None:
    """Call `resume` once MiniStack has read its saved state, instead of its own scheduler."""
    ecs._start_restored_service_reconciler = resume


def save_under(lock: AbstractContextManager[object]) -> None:
    """Have MiniStack save its stores while nothing changes them."""
    original = ecs.get_state

    def get_state() -> Any:
        with lock:
            return original()

    ecs.get_state = get_state


def service(key: ServiceKey) -> Record | None:
    found: Record | None = ecs._services.get_scoped(*key.scope, key.path)
    return found


def put_service(key: ServiceKey, record: Record) -> None:
    ecs._services.set_scoped(*key.scope, key.path, record)


def services() -> Iterator[tuple[ServiceKey, Record]]:
    """Every service of every account."""
    for (account, region, path), record in ecs._services.all_items():
        yield ServiceKey(Scope(account, region), *path.split("/", 1)), record


def task(arn: str) -> Record | None:
    found: Record | None = ecs._tasks.get_scoped(*scope_of(arn), arn)
    return found


def put_task(record: Record) -> None:
    ecs._tasks.set_scoped(*scope_of(record["taskArn"]), record["taskArn"], record)


def drop_task(arn: str) -> None:
    ecs._tasks.pop_scoped(*scope_of(arn), arn, None)


def tasks() -> Iterator[Record]:
    """Every task of every account, oldest first."""
    for _, record in ecs._tasks.all_items():
        yield record


def tasks_of(scope: Scope, cluster: str) -> Iterator[Record]:
    arn = scope.arn("cluster", cluster)
    return (each for each in tasks() if each["clusterArn"] == arn)


def task_definition(scope: Scope, reference: str) -> Record | None:
    """By ARN, `family:revision` or `family`, which means its newest active revision."""
    if reference.startswith("arn:") and scope_of(reference) != scope:
        return None
    name = tail(reference)
    if ":" in name:
        found: Record | None = ecs._task_defs.get_scoped(*scope, name)
        return found
    of_family = [
        each
        for (account, region, _), each in ecs._task_defs.all_items()
        if (account, region) == scope and each["family"] == name and each["status"] == "ACTIVE"
    ]
    return max(of_family, key=lambda each: int(each["revision"]), default=None)


def cluster(scope: Scope, name: str) -> Record | None:
    found: Record | None = ecs._clusters.get_scoped(*scope, name)
    return found if found and found["status"] == "ACTIVE" else None


def tags(scope: Scope, arn: str) -> list[Record]:
    """Through MiniStack's own door, as put_tags does."""
    with request_scope(*scope):
        _, _, body = ecs._ACTION_MAP["ListTagsForResource"]({"resourceArn": arn})
    found: list[Record] = json.loads(body)["tags"]
    return found


def put_tags(scope: Scope, arn: str, wanted: list[Record]) -> None:
    """Of a service or a task that is stored."""
    if wanted:
        with request_scope(*scope):
            ecs._ACTION_MAP["TagResource"]({"resourceArn": arn, "tags": list(wanted)})
