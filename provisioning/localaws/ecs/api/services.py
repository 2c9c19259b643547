"""CreateService, UpdateService, DeleteService and DescribeServices."""

from typing import Any

from provisioning.localaws.ecs import history, store
from provisioning.localaws.ecs.api.answers import Refused, Request, cluster_of, missing, service_key, service_of
from provisioning.localaws.ecs.api.rules import (
    check_grace,
    check_new,
    check_strategy,
    current_answer,
    is_same_request,
    task_definition_arn,
)
from provisioning.localaws.ecs.board import Board
from provisioning.localaws.ecs.names import ServiceKey
from provisioning.localaws.ecs.records import DEPLOYMENT_DEFAULTS, SETTINGS, Record, primary, service_record, shown
from provisioning.localaws.ecs.scheduler import Scheduler

# A change of these starts a deployment, as a new task definition does.
STARTING = (
    *("networkConfiguration", "platformVersion", "loadBalancers", "serviceRegistries"),
    *("serviceConnectConfiguration", "volumeConfigurations"),
)


class Services:
    def __init__(self, board: Board, scheduler: Scheduler) -> None:
        self.board, self.scheduler = board, scheduler

    def create(self, request: Request) -> Record:
        cluster = cluster_of(request)
        if not request.get("serviceName"):
            raise Refused("InvalidParameterException", "Service name cannot be null or empty.")
        key = ServiceKey(store.current_scope(), cluster, request["serviceName"])
        with self.board.lock:
            existing = store.service(key)
            if existing and is_same_request(existing, request):
                return current_answer(existing)
            check_new(existing, request)
            record = self._make(key, request, existing)
            self._begin(key, record)
        return current_answer(record)

    def _make(self, key: ServiceKey, request: Request, former: Record | None) -> Record:
        definition = task_definition_arn(key.scope, request.get("taskDefinition", ""))
        record = service_record(key, request, definition, _capacity(key, request))
        record["_token"] = request.get("clientToken", "")
        for kept in ("_history", "_revisions"):
            record[kept] = former[kept] if former and kept in former else []
        record["tags"] = list(request.get("tags", []))
        store.put_service(key, record)
        store.put_tags(key.scope, record["serviceArn"], record["tags"])
        return record

    def _begin(self, key: ServiceKey, record: Record) -> None:
        history.begin(key, record, _images(key, record["taskDefinition"]))
        self.scheduler.look(key)

    def update(self, request: Request) -> Record:
        key, record = service_of(request)
        with self.board.lock:
            if record["status"] != "ACTIVE":
                raise Refused("ServiceNotActiveException", "Service was not ACTIVE.")
            check_strategy(request)
            check_grace(request, record)
            if self._change(key, record, request):
                self._begin(key, record)
            primary(record)["desiredCount"] = record["desiredCount"]
            self.scheduler.look(key)
            return current_answer(record)

    def _change(self, key: ServiceKey, record: Record, request: Request) -> bool:
        """Take over what the request sets; whether that starts a deployment."""
        wanted = {name: request[name] for name in SETTINGS if name in request}
        if request.get("taskDefinition"):
            wanted["taskDefinition"] = task_definition_arn(key.scope, request["taskDefinition"])
        begins = any(wanted[name] != record.get(name) for name in (*STARTING, "taskDefinition") if name in wanted)
        record.update(wanted)
        record.update(_other_capacity(request))
        if request.get("desiredCount") is not None:
            record["_steady"] = record["_steady"] and record["desiredCount"] == request["desiredCount"]
            record["desiredCount"] = int(request["desiredCount"])
        asked = request.get("deploymentConfiguration") or {}
        record["deploymentConfiguration"] = DEPLOYMENT_DEFAULTS | record["deploymentConfiguration"] | asked
        return begins or bool(request.get("forceNewDeployment"))

    def delete(self, request: Request) -> Record:
        key, record = service_of(request)
        with self.board.lock:
            if record["status"] == "INACTIVE":
                raise Refused("ServiceNotFoundException", "Service not found.")
            if record["desiredCount"] > 0 and not request.get("force"):
                why = "The service cannot be stopped while it is scaled above 0."
                raise Refused("InvalidParameterException", why)
            record.update(status="DRAINING", desiredCount=0)
            primary(record)["desiredCount"] = 0
            history.stop_ongoing(record, "The service was deleted.")
            answer = current_answer(record)
            self.scheduler.look(key)
        return answer

    def describe(self, request: Request) -> Record:
        cluster = cluster_of(request)
        with self.board.lock:
            found = {each: self._found(cluster, each) for each in request.get("services", [])}
            include = "TAGS" in request.get("include", [])
            return {
                "services": [_described(record, tagged=include) for record in found.values() if record],
                "failures": missing((each for each, record in found.items() if not record), "service", cluster),
            }

    def _found(self, cluster: str, reference: str) -> Record | None:
        key = service_key(cluster, reference)
        return store.service(key) if key else None


def _described(record: Record, *, tagged: bool) -> Any:
    answer = current_answer(record)["service"]
    tags = store.tags(store.current_scope(), record["serviceArn"])
    return answer | {"tags": shown(tags)} if tagged else {name: answer[name] for name in answer if name != "tags"}


def _capacity(key: ServiceKey, request: Request) -> Record:
    """The launch type or the capacity provider strategy, from the request or from the cluster."""
    strategy, launch_type = request.get("capacityProviderStrategy"), request.get("launchType")
    if strategy and launch_type:
        why = "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        raise Refused("InvalidParameterException", why)
    cluster = store.cluster(key.scope, key.cluster) or {}
    strategy = strategy or ([] if launch_type else cluster.get("defaultCapacityProviderStrategy"))
    return {"capacityProviderStrategy": strategy} if strategy else {"launchType": launch_type or "EC2"}


def _other_capacity(request: Request) -> Record:
    if "capacityProviderStrategy" not in request:
        return {}
    strategy = request["capacityProviderStrategy"]
    return {"capacityProviderStrategy": strategy or None, "launchType": None if strategy else "EC2"}


def _images(key: ServiceKey, definition_arn: str) -> list[Record]:
    """The images of a revision; those that are named by digest, with it."""
    definition = store.task_definition(key.scope, definition_arn) or {"containerDefinitions": []}
    return [
        {
            "containerName": each["name"],
            "image": each["image"],
            **({"imageDigest": each["image"].partition("@")[2]} if "@" in each["image"] else {}),
        }
        for each in definition["containerDefinitions"]
    ]
