"""AWS's types of resources in plain words, and what AWS will charge for."""

from collections import Counter
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.core.sentences import Fact, Sentence, catalogue

_CHARGES = {
    "AWS::AutoScaling::AutoScalingGroup": _("The hosts: by the hour for each one that runs, and by size for its disk."),
    "AWS::EC2::NatGateway": ngettext_lazy(
        "One outgoing gateway: by the hour, and by the amount of data that goes out.",
        "%(number)d outgoing gateways: by the hour, and by the amount of data that goes out.",
        "number",
    ),
    "AWS::EC2::EIP": ngettext_lazy(
        "One fixed public address: by the hour.", "%(number)d fixed public addresses: by the hour.", "number"
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _("The load balancer: by the hour, and by the traffic it handles."),
    "AWS::Logs::LogGroup": _("Logs: by the amount that your services write, and that is kept."),
    "AWS::ECR::Repository": _("Images: by the amount stored."),
    "AWS::ECS::Cluster": _("Metrics of the cluster and its services: by the number that is kept."),
}


def kind_of(resource_type: str) -> Fact:
    """The "load balancer" of AWS::ElasticLoadBalancingV2::LoadBalancer; AWS's own name when we have no word."""
    code = f"resource.{resource_type}"
    return Sentence(code) if code in catalogue() else resource_type.rsplit("::", 1)[-1]


def charges(plan: Iterable[Mapping[str, str]]) -> list[str]:
    """What the planned resources will cost money for at AWS, one sentence each; the rest is free of charge."""
    counted = Counter(change["type"] for change in plan)
    return [
        sentence % {"number": counted[resource_type]}
        for resource_type, sentence in _CHARGES.items()
        if counted[resource_type]
    ]
