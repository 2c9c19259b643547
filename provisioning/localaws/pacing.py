"""CloudFormation at a pace that people can watch, and resources that fail on request.

LOCALAWS_FAIL_RESOURCE names logical ids (comma-separated) whose creation fails, for tests and demonstrations.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import stacks

from provisioning.localaws.checks import Reaches

REACHES = (
    Reaches(
        "ministack.services.cloudformation.stacks",
        ("_runs_on_worker_thread", "_provision_resource", "_update_resource", "_delete_resource"),
    ),
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
    stacks._provision_resource = _failing(_paced(stacks._provision_resource, pace))
    stacks._update_resource = _paced_update(stacks._update_resource, pace)
    stacks._delete_resource = _paced(stacks._delete_resource, pace)


def _paced(original: Callable[..., Any], pace: float) -> Callable[..., Any]:
    def paced(resource_type: str, *args: Any) -> Any:
        time.sleep(pace * PACES.get(resource_type, 1))
        return original(resource_type, *args)

    return paced


def _paced_update(original: Callable[..., Any], pace: float) -> Callable[..., Any]:
    def paced(resource_type: str, physical_id: str, old: Any, new: Any, *args: Any) -> Any:
        if old != new:
            time.sleep(pace * PACES.get(resource_type, 1))
        return original(resource_type, physical_id, old, new, *args)

    return paced


def _failing(original: Callable[..., Any]) -> Callable[..., Any]:
    def provision(resource_type: str, logical_id: str, *args: Any) -> Any:
        if logical_id in os.environ.get("LOCALAWS_FAIL_RESOURCE", "").split(","):
            raise ValueError(_reason(resource_type))
        return original(resource_type, logical_id, *args)

    return provision


def _reason(resource_type: str) -> str:
    """In the wording of AWS's own resource handlers."""
    service = resource_type.split("::")[1]
    message = REASONS.get(resource_type, "You have exceeded the service quota for this resource.")
    return (
        f'Resource handler returned message: "{message} (Service: {service}, Status Code: 400)" '
        "(HandlerErrorCode: ServiceLimitExceeded)"
    )
