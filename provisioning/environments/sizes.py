"""What the main template is given for an environment: hosts by size, network, kind."""

from django.conf import settings

from provisioning.models import Environment

_HOSTS = {  # type, least and most of them
    Environment.Size.SMALL: ("t3.small", 1, 2),
    Environment.Size.MEDIUM: ("t3.medium", 2, 4),
    Environment.Size.LARGE: ("t3.large", 2, 8),
}


def parameters_of(environment: Environment) -> dict[str, str]:
    """The parameters of provisioning/stacks/environment.yaml."""
    instance_type, smallest, largest = _HOSTS[Environment.Size(environment.size)]
    return {
        "EnvironmentName": environment.aws_name,
        "Kind": environment.kind,
        "VpcCidr": environment.network,
        "HostImageParameter": settings.HOST_IMAGE_PARAMETER,
        "InstanceType": instance_type,
        "MinHosts": str(smallest),
        "MaxHosts": str(largest),
    }
