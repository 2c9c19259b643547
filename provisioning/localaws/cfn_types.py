"""CloudFormation types that MiniStack refuses, so that one template serves both targets.

Types with a direct API in MiniStack become real resources; the others are recorded with an id of the right shape.
"""

import json
import re
import secrets
from collections.abc import Callable
from typing import Any

from ministack.services import ec2, ecs
from ministack.services.cloudformation import provisioners

from provisioning.localaws.checks import Reaches

REACHES = (
    Reaches(
        "ministack.services.cloudformation.provisioners",
        ("_RESOURCE_HANDLERS", "_ec2_apply_tags", "_ec2_sg_permissions", "_pascal_to_camel"),
    ),
    Reaches(
        "ministack.services.ec2",
        (
            "_allocate_address",
            "_release_address",
            "_addresses",
            "_create_nat_gateway",
            "_delete_nat_gateway",
            "_create_flow_logs",
            "_delete_flow_logs",
            "_security_groups",
        ),
    ),
    Reaches(
        "ministack.services.ecs",
        (
            "_create_capacity_provider",
            "_update_capacity_provider",
            "_delete_capacity_provider",
            "_put_cluster_capacity_providers",
            "_capacity_providers",
            "_clusters",
        ),
    ),
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
        "AWS::EC2::FlowLog": _handlers(_flow_log_create, _flow_log_delete),
        "AWS::EC2::SecurityGroupIngress": _rule_handlers("IpPermissions"),
        "AWS::EC2::SecurityGroupEgress": _rule_handlers("IpPermissionsEgress"),
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


def _new_id(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


def _answer(response: tuple[int, Any, Any]) -> str:
    """The body of a MiniStack handler's answer; a refusal becomes the resource's failure reason."""
    status, _, body = response
    text = body.decode() if isinstance(body, bytes) else str(body)
    if status >= 400:
        raise ValueError(_xml(text, "Message") or _json_message(text))
    return text


def _json_message(text: str) -> str:
    try:
        return str(json.loads(text).get("message", text))
    except ValueError:
        return text


def _xml(text: str, tag: str) -> str:
    found = re.search(f"<{tag}>([^<]*)</{tag}>", text)
    return found.group(1) if found else ""


def _eip_create(logical_id: str, props: Properties, stack: str) -> Made:
    text = _answer(ec2._allocate_address({"Domain": ["vpc"]}))
    allocation_id, address = _xml(text, "allocationId"), _xml(text, "publicIp")
    provisioners._ec2_apply_tags(allocation_id, props)
    return address, {"AllocationId": allocation_id, "PublicIp": address}


def _eip_delete(physical_id: str, props: Properties) -> None:
    for allocation_id, address in list(ec2._addresses.items()):
        if address["PublicIp"] == physical_id:
            _answer(ec2._release_address({"AllocationId": [allocation_id]}))


def _nat_create(logical_id: str, props: Properties, stack: str) -> Made:
    wanted = ("SubnetId", "AllocationId", "ConnectivityType")
    text = _answer(ec2._create_nat_gateway({name: [props[name]] for name in wanted if props.get(name)}))
    gateway_id = _xml(text, "natGatewayId")
    provisioners._ec2_apply_tags(gateway_id, props)
    return gateway_id, {"NatGatewayId": gateway_id}


def _nat_delete(physical_id: str, props: Properties) -> None:
    _answer(ec2._delete_nat_gateway({"NatGatewayId": [physical_id]}))


def _flow_log_create(logical_id: str, props: Properties, stack: str) -> Made:
    named = ("ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName")
    params = {"ResourceId.1": [props["ResourceId"]]} | {name: [props[name]] for name in named if name in props}
    flow_log_id = _xml(_answer(ec2._create_flow_logs(params)), "item")
    provisioners._ec2_apply_tags(flow_log_id, props)
    return flow_log_id, {"Id": flow_log_id}


def _flow_log_delete(physical_id: str, props: Properties) -> None:
    _answer(ec2._delete_flow_logs({"FlowLogId.1": [physical_id]}))


def _rule_handlers(store: str) -> Handlers:
    """A security group rule of its own; `store` is where the group keeps that direction."""

    def rules_of(props: Properties) -> list[Any]:
        group = ec2._security_groups.get(props.get("GroupId", ""))
        if group is None:
            raise ValueError(f"The security group '{props.get('GroupId')}' does not exist")
        rules: list[Any] = group[store]
        return rules

    def create(logical_id: str, props: Properties, stack: str) -> Made:
        rules_of(props).extend(provisioners._ec2_sg_permissions([props]))
        rule_id = _new_id("sgr")
        return rule_id, {"Id": rule_id}

    def delete(physical_id: str, props: Properties) -> None:
        if props.get("GroupId") in ec2._security_groups:
            rules = rules_of(props)
            rules[:] = [rule for rule in rules if rule not in provisioners._ec2_sg_permissions([props])]

    def update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
        delete(physical_id, old)
        rules_of(new).extend(provisioners._ec2_sg_permissions([new]))
        return physical_id, {"Id": physical_id}

    return _handlers(create, delete, update)


def _provider_create(logical_id: str, props: Properties, stack: str) -> Made:
    data = provisioners._pascal_to_camel(props)
    data.setdefault("name", f"{stack}-{logical_id}-{secrets.token_hex(4)}")
    _answer(ecs._create_capacity_provider(data))
    return data["name"], {}


def _provider_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    data = provisioners._pascal_to_camel(new) | {"name": physical_id}
    _answer(ecs._update_capacity_provider(data))
    return physical_id, {}


def _provider_delete(physical_id: str, props: Properties) -> None:
    if physical_id in ecs._capacity_providers:
        _answer(ecs._delete_capacity_provider({"capacityProvider": physical_id}))


def _association_create(logical_id: str, props: Properties, stack: str) -> Made:
    _answer(ecs._put_cluster_capacity_providers(provisioners._pascal_to_camel(props)))
    return props["Cluster"], {}


def _association_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    return _association_create("", new, stack)


def _association_delete(physical_id: str, props: Properties) -> None:
    if physical_id in ecs._clusters:
        _answer(ecs._put_cluster_capacity_providers({"cluster": physical_id}))


def _recorded(prefix: str) -> Handlers:
    def create(logical_id: str, props: Properties, stack: str) -> Made:
        made = _new_id(prefix)
        return made, {"Id": made}

    return _handlers(create, lambda physical_id, props: None)
