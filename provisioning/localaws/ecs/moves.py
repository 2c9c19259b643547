"""The moves that were decided, done: in the service's records, and to its tasks."""

from provisioning.localaws.ecs import events, outcomes, placement, store
from provisioning.localaws.ecs.board import Board
from provisioning.localaws.ecs.decide import Complete, End, Fail, Forget, Move, RollBack, Steady
from provisioning.localaws.ecs.failures import task_failed
from provisioning.localaws.ecs.lifecycle import Lifecycle
from provisioning.localaws.ecs.names import ServiceKey
from provisioning.localaws.ecs.records import Record, add_event, deployment, primary, task_record
from provisioning.localaws.ecs.rolling import Start, Stop


class Moves:
    """Used with the board's lock held."""

    def __init__(self, board: Board, lifecycle: Lifecycle) -> None:
        self.board, self.lifecycle = board, lifecycle

    def apply(self, key: ServiceKey, service: Record, move: Move) -> bool:
        """False when it cannot be done now."""
        match move:
            case Start():
                return all(self._start_task(key, service, move.deployment) for _ in range(move.count))
            case Stop():
                self._stop_task(service, move)
            case End():
                service["status"] = "INACTIVE"
                return False
            case _:
                _turn(service, move)
        return True

    def _start_task(self, key: ServiceKey, service: Record, wanted: str) -> bool:
        if not placement.has_hosts(service["clusterArn"]):
            if not service["events"] or events.unplaced() not in service["events"][0]["message"]:
                add_event(service, events.unplaced())
            return False
        found = deployment(service, wanted) or primary(service)
        definition = store.task_definition(key.scope, found["taskDefinition"])
        if definition is None:
            return False
        zone = placement.zone_for(key.scope, self.board.tasks(key))
        task = task_record(key.scope, key.cluster, definition, zone, _about(key, service, wanted))
        self.lifecycle.start(task, definition)
        store.put_tags(key.scope, task["taskArn"], task["tags"])
        add_event(service, events.started(task["taskArn"]))
        service["_steady"] = False
        return True

    def _stop_task(self, service: Record, move: Stop) -> None:
        task = store.task(move.task)
        if task is None:
            return
        reason = move.why or _scaling_reason(service, task)
        if move.why:
            task_failed(service, task)
            service["_steady"] = False
        self.lifecycle.stop(task, reason, "ServiceSchedulerInitiated")


def _turn(service: Record, move: Complete | Fail | RollBack | Forget | Steady) -> None:
    match move:
        case Complete():
            outcomes.complete(service)
        case Fail():
            outcomes.fail(service, move.cause)
        case RollBack():
            outcomes.roll_back(service, move.cause)
        case Forget():
            service["deployments"] = [each for each in service["deployments"] if each["id"] != move.deployment]
        case Steady():
            outcomes.steady(service)


def _about(key: ServiceKey, service: Record, wanted: str) -> Record:
    return {
        "group": f"service:{key.name}",
        "startedBy": wanted,
        "launchType": service.get("launchType") or "EC2",
        "capacityProviderName": placement.capacity_provider(service),
        "enableExecuteCommand": service["enableExecuteCommand"],
        "tags": list(service.get("tags", [])) if service["propagateTags"] == "SERVICE" else [],
        "_deployment": wanted,
    }


def _scaling_reason(service: Record, task: Record) -> str:
    """ECS's stoppedReason of a task that the scheduler does not want any more."""
    return f"Scaling activity initiated by (deployment {primary(service)['id']})"
