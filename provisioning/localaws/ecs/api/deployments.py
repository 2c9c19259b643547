"""ListServiceDeployments, DescribeServiceDeployments, DescribeServiceRevisions and StopServiceDeployment."""

from collections.abc import Callable

from provisioning.localaws.ecs import history, names, records, store
from provisioning.localaws.ecs.api.answers import Refused, Request, page, service_of
from provisioning.localaws.ecs.board import Board
from provisioning.localaws.ecs.model import StopType
from provisioning.localaws.ecs.names import ServiceKey
from provisioning.localaws.ecs.records import Record, shown
from provisioning.localaws.ecs.scheduler import Scheduler

MOST_ARNS = 20
REQUESTED = {StopType.ROLLBACK: "ROLLBACK_REQUESTED", StopType.ABORT: "STOP_REQUESTED"}
BRIEF = ("serviceDeploymentArn", "serviceArn", "clusterArn", "startedAt", "createdAt", "finishedAt", "status")


class Deployments:
    def __init__(self, board: Board, scheduler: Scheduler) -> None:
        self.board, self.scheduler = board, scheduler

    def list(self, request: Request) -> Record:
        _, service = service_of(request)
        with self.board.lock:
            found = [each for each in reversed(service.get("_history", [])) if _matches(each, request)]
            briefs = [_brief(each) for each in found]
        return page(request, briefs, "serviceDeployments")

    def describe(self, request: Request) -> Record:
        with self.board.lock:
            return _describe(
                request.get("serviceDeploymentArns", []),
                "service-deployment",
                _service_deployment,
                "serviceDeployments",
            )

    def describe_revisions(self, request: Request) -> Record:
        with self.board.lock:
            return _describe(request.get("serviceRevisionArns", []), "service-revision", _revision, "serviceRevisions")

    def stop(self, request: Request) -> Record:
        arn = request.get("serviceDeploymentArn", "")
        stop_type = _stop_type(request)
        with self.board.lock:
            found = _owner(arn, "service-deployment")
            record = history.find(found[1], arn) if found else None
            if found is None or record is None:
                raise Refused("ServiceDeploymentNotFoundException", "Service deployment not found.")
            if record["status"] not in {"PENDING", "IN_PROGRESS"}:
                raise Refused("ConflictException", f"The service deployment is already {record['status']}.")
            history.note(record, REQUESTED[stop_type])
            self.board.touch(found[0])
        return {"serviceDeploymentArn": arn}


def _stop_type(request: Request) -> StopType:
    asked = request.get("stopType") or "ROLLBACK"
    if asked not in set(StopType):
        raise Refused("InvalidParameterException", f"Unknown stop type {asked}.")
    return StopType(asked)


def _matches(record: Record, request: Request) -> bool:
    wanted, between = request.get("status"), request.get("createdAt") or {}
    after, before = float(between.get("after", 0)), float(between.get("before", "inf"))
    return (not wanted or record["status"] in wanted) and after <= record["createdAt"] <= before


def _brief(record: Record) -> Record:
    found = {name: record[name] for name in (*BRIEF, "statusReason") if record.get(name)}
    return found | {"targetServiceRevisionArn": record["targetServiceRevision"]["arn"]}


def _owner(arn: str, kind: str) -> tuple[ServiceKey, Record] | None:
    """The service of this account that the ARN is of."""
    if not names.is_below_service(arn, kind):
        return None
    key = names.key_of_arn(arn)
    service = store.service(key) if key.scope == store.current_scope() else None
    return (key, service) if service else None


def _describe(arns: list[str], kind: str, describe: Callable[[Record, str], Record | None], member: str) -> Record:
    if len(arns) > MOST_ARNS:
        raise Refused("InvalidParameterException", f"At most {MOST_ARNS} ARNs can be described at once.")
    owners = {arn: _owner(arn, kind) for arn in arns}
    found = {arn: describe(owner[1], arn) if owner else None for arn, owner in owners.items()}
    return {
        member: [each for each in found.values() if each],
        "failures": [{"arn": arn, "reason": "MISSING"} for arn, each in found.items() if not each],
    }


def _service_deployment(service: Record, arn: str) -> Record | None:
    record = history.find(service, arn)
    if record is None:
        return None
    if record["status"] in history.ONGOING:
        breaker, failures = records.breaker_of(service), record["deploymentCircuitBreaker"]["failureCount"]
        history.count_failures(record, failures, breaker, service["desiredCount"])
    target = history.counts(service, record["targetServiceRevision"]["arn"])
    sources = [history.counts(service, each["arn"]) for each in record["sourceServiceRevisions"]]
    answer: Record = shown(record) | {"targetServiceRevision": target, "sourceServiceRevisions": sources}
    return answer


def _revision(service: Record, arn: str) -> Record | None:
    found = next((each for each in service.get("_revisions", []) if each["serviceRevisionArn"] == arn), None)
    return shown(found) if found else None
