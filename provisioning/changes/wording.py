"""AWS's types of resources in plain words, and what AWS will charge for."""

from collections import Counter
from collections.abc import Iterable, Mapping

KINDS = {
    "AWS::EC2::VPC": "network",
    "AWS::EC2::Subnet": "part of the network",
    "AWS::EC2::InternetGateway": "internet gateway",
    "AWS::EC2::VPCGatewayAttachment": "connection of the internet gateway",
    "AWS::EC2::EIP": "fixed public address",
    "AWS::EC2::NatGateway": "outgoing gateway",
    "AWS::EC2::RouteTable": "routing table",
    "AWS::EC2::Route": "route",
    "AWS::EC2::SubnetRouteTableAssociation": "link of a network part to its routes",
    "AWS::EC2::SecurityGroup": "firewall",
    "AWS::EC2::LaunchTemplate": "set-up of the hosts",
    "AWS::IAM::Role": "set of rights",
    "AWS::IAM::InstanceProfile": "rights of the hosts",
    "AWS::ECS::Cluster": "cluster",
    "AWS::ECS::CapacityProvider": "capacity control",
    "AWS::ECS::ClusterCapacityProviderAssociations": "link of the cluster to its hosts",
    "AWS::AutoScaling::AutoScalingGroup": "group of hosts",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancer",
    "AWS::ElasticLoadBalancingV2::Listener": "entrance of the load balancer",
    "AWS::Logs::LogGroup": "log storage",
    "AWS::ECR::Repository": "image repository",
}

_CHARGES = {
    "AWS::AutoScaling::AutoScalingGroup": "The hosts: by the hour for each one that runs, and by size for its disk.",
    "AWS::EC2::NatGateway": "{number}: by the hour, and by the amount of data that goes out.",
    "AWS::EC2::EIP": "{number}: by the hour.",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "The load balancer: by the hour, and by the traffic it handles.",
    "AWS::Logs::LogGroup": "Logs: by the amount that your services write, and that is kept.",
    "AWS::ECR::Repository": "Images: by the amount stored.",
    "AWS::ECS::Cluster": "Metrics of the cluster and its services: by the number that is kept.",
}


def kind_of(resource_type: str) -> str:
    """ "load balancer" for AWS::ElasticLoadBalancingV2::LoadBalancer; AWS's own name when we have no word."""
    return KINDS.get(resource_type, resource_type.rsplit("::", 1)[-1])


def charges(plan: Iterable[Mapping[str, str]]) -> list[str]:
    """What the planned resources will cost money for at AWS, one sentence each; the rest is free of charge."""
    counted = Counter(change["type"] for change in plan)
    return [
        sentence.format(number=_number(counted[resource_type], kind_of(resource_type)))
        for resource_type, sentence in _CHARGES.items()
        if counted[resource_type]
    ]


def _number(count: int, kind: str) -> str:
    """ "One outgoing gateway", "2 fixed public addresses"."""
    if count == 1:
        return f"One {kind}"
    return f"{count} {kind}es" if kind.endswith("s") else f"{count} {kind}s"
