"""CloudFormation at a pace that people can watch, and resources that fail on request.

LOCALAWS_FAIL_RESOURCE names logical ids (comma-separated) whose creation fails, for tests and demonstrations.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners, stacks

from provisioning.localaws.checks import Reaches

REACHES = (
    Reaches("ministack.services.cloudformation.provisioners", ("_RESOURCE_HANDLERS",)),
    Reaches("ministack.services.cloudformation.stacks", ("_runs_on_worker_thread",)),
)

# These take minutes on AWS, so they take a few paces here.
PACES = {
    "AWS::EC2::NatGateway": 4,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": 3,
    "AWS::AutoScaling::AutoScalingGroup": 3,
}

REASONS = {
    "AWS::EC2::EIP": "The maximum number of addresses has been reached.",
    "AWS::EC2::VPC": "The maximum number of VPCs has been reached.",
    "AWS::EC2::NatGateway": "Performing this operation would exceed the limit of 5 NAT gateways.",
    "AWS::AutoScaling::AutoScalingGroup": "You have requested more vCPU capacity than your current vCPU limit allows.",
}


def install(pace: float) -> None:
    """Slow each resource by `pace` seconds; with 0 only the requested failures happen."""
    # Off the event loop, or a sleeping resource would stop every other request.
    stacks._runs_on_worker_thread = lambda resource_type: True
    for resource_type, handlers in list(provisioners._RESOURCE_HANDLERS.items()):
        seconds = pace * PACES.get(resource_type, 1)
        slow = {name: _paced(handlers[name], seconds) for name in ("create", "update", "delete") if name in handlers}
        slow["create"] = _failing(slow["create"], resource_type)
        provisioners._RESOURCE_HANDLERS[resource_type] = {**handlers, **slow}


def _paced(original: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def paced(*args: Any) -> Any:
        time.sleep(seconds)
        return original(*args)

    return paced


def _failing(original: Callable[..., Any], resource_type: str) -> Callable[..., Any]:
    def create(logical_id: str, *args: Any) -> Any:
        if logical_id in os.environ.get("LOCALAWS_FAIL_RESOURCE", "").split(","):
            raise ValueError(_reason(resource_type))
        return original(logical_id, *args)

    return create


def _reason(resource_type: str) -> str:
    """In the wording of AWS's own resource handlers."""
    service = resource_type.split("::")[1]
    message = REASONS.get(resource_type, "You have exceeded the service quota for this resource.")
    return (
        f'Resource handler returned message: "{message} (Service: {service}, Status Code: 400)" '
        "(HandlerErrorCode: ServiceLimitExceeded)"
    )
