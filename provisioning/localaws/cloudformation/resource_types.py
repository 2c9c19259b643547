"""CloudFormation types that MiniStack refuses, so that one template serves both targets.

Types with a direct API in MiniStack become real resources; the others are recorded with an id of the right shape.
"""

import secrets
from collections.abc import Callable
from typing import Any

from ministack.services import ec2, ecs
from ministack.services.cloudformation import provisioners

from provisioning.localaws.checks import Reaches
from provisioning.localaws.gateway import inside
from provisioning.localaws.gateway.inside import ask_json, ask_query, text

REACHES = (
    *inside.REACHES,
    Reaches("ministack.services.cloudformation.provisioners", ("_RESOURCE_HANDLERS",)),
    Reaches("ministack.services.ec2", ("handle_request",)),
    Reaches("ministack.services.ecs", ("handle_request",)),
)

Properties = dict[str, Any]
Made = tuple[str, Properties]  # the physical id and the attributes that Fn::GetAtt reads
Handlers = dict[str, Callable[..., Any]]

# Types that are recorded only: the prefix of the id that AWS gives them.
RECORDED = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "scalable-target",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "scaling-policy",
    "AWS::EC2::NetworkAcl": "acl",
    "AWS::EC2::NetworkAclEntry": "acle",
    "AWS::EC2::SubnetNetworkAclAssociation": "aclassoc",
    "AWS::SSM::Association": "association",
    "AWS::SSM::MaintenanceWindow": "mw",
    "AWS::SSM::MaintenanceWindowTarget": "mwt",
    "AWS::SSM::MaintenanceWindowTask": "mwk",
    "AWS::SSM::PatchBaseline": "pb",
}


def install() -> None:
    for resource_type, handlers in _all_handlers().items():
        provisioners._RESOURCE_HANDLERS.setdefault(resource_type, handlers)


def _all_handlers() -> dict[str, Handlers]:
    return {
        "AWS::EC2::EIP": _handlers(_eip_create, _eip_delete),
        "AWS::EC2::NatGateway": _handlers(_nat_create, _nat_delete),
        "AWS::ECS::CapacityProvider": _handlers(_provider_create, _provider_delete, _provider_update),
        "AWS::ECS::ClusterCapacityProviderAssociations": _handlers(
            _association_create, _association_delete, _association_update
        ),
        **{kind: _recorded(prefix) for kind, prefix in RECORDED.items()},
    }


def _handlers(
    create: Callable[..., Made], delete: Callable[..., None], update: Callable[..., Made] | None = None
) -> Handlers:
    return {"create": create, "delete": delete, "update": update or _keep}


def _keep(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    """A change of tags or the like: the resource stays."""
    return physical_id, {}


def _eip_create(logical_id: str, props: Properties, stack: str) -> Made:
    made = ask_query(ec2, "AllocateAddress", {"Domain": "vpc", **_tags("elastic-ip", props)})
    allocation_id, address = text(made, "allocationId"), text(made, "publicIp")
    return address, {"AllocationId": allocation_id, "PublicIp": address}


def _eip_delete(physical_id: str, props: Properties) -> None:
    """CloudFormation knows the address by its number, the interface by its allocation."""
    for item in ask_query(ec2, "DescribeAddresses", {}).iterfind(".//{*}item"):
        if text(item, "publicIp") == physical_id:
            ask_query(ec2, "ReleaseAddress", {"AllocationId": text(item, "allocationId")})


def _nat_create(logical_id: str, props: Properties, stack: str) -> Made:
    wanted = ("SubnetId", "AllocationId", "ConnectivityType")
    given = {name: props[name] for name in wanted if props.get(name)}
    gateway_id = text(ask_query(ec2, "CreateNatGateway", {**given, **_tags("natgateway", props)}), "natGatewayId")
    return gateway_id, {"NatGatewayId": gateway_id}


def _nat_delete(physical_id: str, props: Properties) -> None:
    ask_query(ec2, "DeleteNatGateway", {"NatGatewayId": physical_id})


def _tags(kind: str, props: Properties) -> dict[str, str]:
    """The template's tags as EC2's Create... calls take them."""
    pairs = {
        f"TagSpecification.1.Tag.{number}.{part}": tag[part]
        for number, tag in enumerate(props.get("Tags", []), 1)
        for part in ("Key", "Value")
    }
    return {"TagSpecification.1.ResourceType": kind, **pairs} if pairs else {}


def _provider_create(logical_id: str, props: Properties, stack: str) -> Made:
    data = _as_ecs_writes(props)
    data.setdefault("name", f"{stack}-{logical_id}-{secrets.token_hex(4)}")
    ask_json(ecs, "CreateCapacityProvider", data)
    return data["name"], {}


def _provider_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    ask_json(ecs, "UpdateCapacityProvider", _as_ecs_writes(new) | {"name": physical_id})
    return physical_id, {}


def _provider_delete(physical_id: str, props: Properties) -> None:
    found = ask_json(ecs, "DescribeCapacityProviders", {"capacityProviders": [physical_id]})
    if found["capacityProviders"]:
        ask_json(ecs, "DeleteCapacityProvider", {"capacityProvider": physical_id})


def _association_create(logical_id: str, props: Properties, stack: str) -> Made:
    ask_json(ecs, "PutClusterCapacityProviders", _as_ecs_writes(props))
    return props["Cluster"], {}


def _association_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    return _association_create("", new, stack)


def _association_delete(physical_id: str, props: Properties) -> None:
    nothing: dict[str, Any] = {"capacityProviders": [], "defaultCapacityProviderStrategy": []}
    if ask_json(ecs, "DescribeClusters", {"clusters": [physical_id]})["clusters"]:
        ask_json(ecs, "PutClusterCapacityProviders", {"cluster": physical_id, **nothing})


def _as_ecs_writes(given: Any) -> Any:
    """CloudFormation begins names with a capital letter, ECS with a small one."""
    if isinstance(given, dict):
        return {name[:1].lower() + name[1:]: _as_ecs_writes(value) for name, value in given.items()}
    return [_as_ecs_writes(value) for value in given] if isinstance(given, list) else given


def _recorded(prefix: str) -> Handlers:
    def create(logical_id: str, props: Properties, stack: str) -> Made:
        made = f"{prefix}-{secrets.token_hex(9)[:17]}"
        return made, {"Id": made}

    return _handlers(create, lambda physical_id, props: None)
