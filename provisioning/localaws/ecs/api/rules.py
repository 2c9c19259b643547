"""What ECS refuses of a service, and how it shows one."""

import asyncio

from ministack.services import iam

from provisioning.localaws.ecs import history, store, strict
from provisioning.localaws.ecs.api.answers import Refused, Request
from provisioning.localaws.ecs.decide import STRATEGIES
from provisioning.localaws.ecs.names import Scope
from provisioning.localaws.ecs.records import Record, shown

ROLE_PATH = "/aws-service-role/ecs.amazonaws.com/"


def task_definition_arn(scope: Scope, reference: str) -> str:
    """Raises Refused unless it exists and may be used."""
    found = store.task_definition(scope, reference)
    if found is None:
        raise Refused("ClientException", "TaskDefinition not found.")
    if found["status"] != "ACTIVE":
        raise Refused("ClientException", "TaskDefinition is inactive.")
    return str(found["taskDefinitionArn"])


def is_same_request(existing: Record, request: Request) -> bool:
    """Whether this is the request that made the service, sent again."""
    token = request.get("clientToken")
    return bool(strict.is_on("client-tokens") and token and existing.get("_token") == token)


def check_new(existing: Record | None, request: Request) -> None:
    """Raises Refused when no service of that name can be made now."""
    if existing and existing["status"] == "ACTIVE":
        raise Refused("InvalidParameterException", "Creation of service was not idempotent.")
    if existing and existing["status"] == "DRAINING" and strict.is_on("draining"):
        raise Refused("InvalidParameterException", "Unable to Start a service that is still Draining.")
    if strict.is_on("service-linked-role") and not _has_role():
        why = "Unable to assume the service linked role. Please verify that the ECS service linked role exists."
        raise Refused("InvalidParameterException", why)
    check_strategy(request)
    check_grace(request, {"loadBalancers": []})


def check_strategy(request: Request) -> None:
    strategy = (request.get("deploymentConfiguration") or {}).get("strategy", "ROLLING")
    if strategy not in STRATEGIES:
        raise Refused("InvalidParameterException", f"The local AWS does not know the deployment strategy {strategy}.")


def check_grace(request: Request, record: Record) -> None:
    balanced = request.get("loadBalancers", record["loadBalancers"])
    if request.get("healthCheckGracePeriodSeconds") and not balanced:
        why = "Health check grace period is only valid for services configured to use load balancers"
        raise Refused("InvalidParameterException", why)


def current_answer(record: Record) -> Record:
    """The service as Create, Update and DescribeServices show it."""
    service = shown(record)
    revisions = dict.fromkeys(each["_revision"] for each in record["deployments"])
    service["currentServiceRevisions"] = [history.counts(record, each) for each in revisions]
    return {"service": service}


def _has_role() -> bool:
    """Asked through MiniStack's own door, in the account of the request."""
    asked = {"Action": ["ListRoles"], "PathPrefix": [ROLE_PATH]}
    _, _, body = asyncio.run(iam.handle_request("POST", "/", {}, b"", asked))
    return ROLE_PATH.encode() in body
