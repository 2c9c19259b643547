"""What the apps above may know of an environment at AWS: typed, and read from its stacks' outputs in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from django.conf import settings

from provisioning.models import Environment

# Each fact and the output of provisioning/stacks/environment.yaml that gives it; a test holds both against each other.
OUTPUTS = {
    "vpc_id": "VpcId",
    "cluster": "ClusterName",
    "capacity_provider": "CapacityProviderName",
    "load_balancer": "LoadBalancerName",
    "load_balancer_dns": "LoadBalancerDnsName",
    "listener_arn": "ListenerArn",
    "log_group": "LogGroupName",
    "execution_role_arn": "TaskExecutionRoleArn",
    "task_role_arn": "TaskRoleArn",
}


class IncompleteStack(Exception):
    """A ready environment whose stacks do not say all that services need: a bug of the template, or made by hand."""


@dataclass(frozen=True)
class EnvironmentFacts:
    """Names and addresses at AWS of a ready environment."""

    vpc_id: str
    cluster: str
    capacity_provider: str
    load_balancer: str
    load_balancer_dns: str
    listener_arn: str
    log_group: str
    execution_role_arn: str
    task_role_arn: str


def read(outputs: Mapping[str, str]) -> dict[str, str]:
    """The facts among a stack's outputs, by their own names."""
    return {fact: outputs[output] for fact, output in OUTPUTS.items() if outputs.get(output)}


def facts_of(environment: Environment) -> EnvironmentFacts:
    """All facts of a ready environment. Raises IncompleteStack, which names what is missing."""
    given = environment.aws_facts
    missing = sorted(OUTPUTS[fact.name] for fact in fields(EnvironmentFacts) if not given.get(fact.name))
    if missing:
        raise IncompleteStack(f"The stacks of {environment} lack the outputs {', '.join(missing)}.")
    return EnvironmentFacts(**{fact.name: str(given[fact.name]) for fact in fields(EnvironmentFacts)})


def cluster_of(environment: Environment) -> str:
    """The cluster's name; empty while there is none, which is so until the stack was made."""
    return str(environment.aws_facts.get("cluster", ""))


def load_balancer_url(environment: Environment) -> str:
    """Where the environment's public services answer; empty while there is no load balancer."""
    dns_name = environment.aws_facts.get("load_balancer_dns")
    if not dns_name:
        return ""
    shape: str = settings.LOAD_BALANCER_URL
    account, name = environment.account.account_id, environment.aws_facts.get("load_balancer", "")
    return shape.format(account=account, name=name, dns_name=dns_name)
