"""Answers and errors of the calls, and what the references in a request name."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from ministack.core.responses import error_response_json, json_response

from provisioning.localaws.ecs import names, store
from provisioning.localaws.ecs.names import ServiceKey
from provisioning.localaws.ecs.records import Record

Request = dict[str, Any]


class Refused(Exception):
    """An error of ECS, by its code and in its words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def answering(handler: Callable[[Request], Record]) -> store.Handler:
    """The handler as MiniStack calls it: with its answer, or its refusal, as a response."""

    @wraps(handler)
    def answer(request: Request) -> Any:
        try:
            return json_response(handler(request))
        except Refused as refused:
            return error_response_json(refused.code, str(refused), 400)

    return answer


def cluster_of(request: Request) -> str:
    """The name of the request's cluster. Raises Refused when there is none."""
    name = names.cluster_name(request.get("cluster", ""))
    if store.cluster(store.current_scope(), name) is None:
        raise Refused("ClusterNotFoundException", "Cluster not found.")
    return name


def service_key(cluster: str, reference: str) -> ServiceKey | None:
    """The service that a name or an ARN means in this account and cluster."""
    key = ServiceKey(store.current_scope(), cluster, names.tail(reference))
    if not reference.startswith("arn:"):
        return key if key.name == reference else None
    parts = reference.rpartition(":")[2].split("/")
    in_cluster = len(parts) == 2 or parts[1] == cluster  # short ARNs name no cluster
    return key if in_cluster and names.scope_of(reference) == key.scope else None


def service_of(request: Request) -> tuple[ServiceKey, Record]:
    """The request's service. Raises Refused."""
    key = service_key(cluster_of(request), request.get("service", ""))
    record = store.service(key) if key else None
    if key is None or record is None:
        raise Refused("ServiceNotFoundException", "Service not found.")
    return key, record


def page(request: Request, found: list[Any], name: str) -> Record:
    """As many as the request takes, from where the last page ended."""
    begin = int(request.get("nextToken") or 0)
    end = begin + int(request.get("maxResults") or 100)
    return {name: found[begin:end], **({"nextToken": str(end)} if end < len(found) else {})}


def missing(references: Iterable[str], kind: str, cluster: str) -> list[Record]:
    """The failures of a describing call."""
    scope = store.current_scope()
    arns = (each if each.startswith("arn:") else scope.arn(kind, cluster, each) for each in references)
    return [{"arn": arn, "reason": "MISSING"} for arn in arns]
