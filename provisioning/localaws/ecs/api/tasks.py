"""RunTask, StopTask, DescribeTasks and ListTasks."""

from typing import Any

from provisioning.localaws.ecs import names, placement, store
from provisioning.localaws.ecs.api.answers import Refused, Request, cluster_of, missing, page
from provisioning.localaws.ecs.api.rules import task_definition_arn
from provisioning.localaws.ecs.board import Board
from provisioning.localaws.ecs.lifecycle import Lifecycle
from provisioning.localaws.ecs.records import Record, shown, task_record

FROM_REQUEST = ("group", "startedBy", "overrides", "enableExecuteCommand", "platformVersion", "tags")


class Tasks:
    def __init__(self, board: Board, lifecycle: Lifecycle) -> None:
        self.board, self.lifecycle = board, lifecycle

    def run(self, request: Request) -> Record:
        cluster, scope = cluster_of(request), store.current_scope()
        definition = store.task_definition(scope, task_definition_arn(scope, request.get("taskDefinition", "")))
        assert definition is not None  # its ARN was found
        about = {name: request[name] for name in FROM_REQUEST if request.get(name)}
        about = {"group": f"family:{definition['family']}", "launchType": "EC2", "_deployment": ""} | about
        about["capacityProviderName"] = placement.capacity_provider(request)
        made = []
        for _ in range(int(request.get("count", 1))):
            with self.board.lock:
                zone = placement.zone_for(scope, store.tasks_of(scope, cluster))
                task = task_record(scope, cluster, definition, zone, about)
                self.lifecycle.start(task, definition)
                store.put_tags(scope, task["taskArn"], task["tags"])
                made.append(shown(task))
        return {"tasks": made, "failures": []}

    def stop(self, request: Request) -> Record:
        cluster = cluster_of(request)
        task = find_task(cluster, request.get("task", ""))
        if task is None:
            raise Refused("InvalidParameterException", "The referenced task was not found.")
        self.lifecycle.stop(task, request.get("reason") or "Task stopped by user", "UserInitiated")
        with self.board.lock:
            return {"task": shown(task)}

    def describe(self, request: Request) -> Record:
        cluster = cluster_of(request)
        tagged = "TAGS" in request.get("include", [])
        with self.board.lock:
            found = {each: find_task(cluster, each) for each in request.get("tasks", [])}
            return {
                "tasks": [_described(task, tagged=tagged) for task in found.values() if task],
                "failures": missing((each for each, task in found.items() if not task), "task", cluster),
            }

    def list(self, request: Request) -> Record:
        cluster, scope = cluster_of(request), store.current_scope()
        with self.board.lock:
            arns = [each["taskArn"] for each in store.tasks_of(scope, cluster) if _matches(each, request)]
        return page(request, arns, "taskArns")


def find_task(cluster: str, reference: str) -> Record | None:
    """By ARN or id."""
    scope = store.current_scope()
    arn = reference if reference.startswith("arn:") else scope.arn("task", cluster, reference)
    task = store.task(arn) if names.scope_of(arn) == scope else None
    return task if task and task["clusterArn"] == scope.arn("cluster", cluster) else None


def _described(task: Record, *, tagged: bool) -> Any:
    answer = shown(task)
    tags = store.tags(store.current_scope(), task["taskArn"]) if tagged else []
    return answer | {"tags": shown(tags)}


def _matches(task: Record, request: Request) -> bool:
    family = task["taskDefinitionArn"].rpartition("/")[2].rpartition(":")[0]
    group = f"service:{names.tail(request.get('serviceName', ''))}"
    return (
        task["desiredStatus"] == request.get("desiredStatus", "RUNNING")
        and request.get("family", family) == family
        and (not request.get("serviceName") or task["group"] == group)
        and request.get("startedBy", task.get("startedBy")) == task.get("startedBy")
        and request.get("launchType", task.get("launchType")) == task.get("launchType")
    )
