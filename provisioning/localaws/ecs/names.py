"""ARNs and ids as ECS makes them, and what a caller's reference names. Pure."""

import secrets
from typing import NamedTuple


class Scope(NamedTuple):
    """Whose a record is: an AWS account in a region."""

    account: str
    region: str

    def arn(self, kind: str, *parts: str) -> str:
        return f"arn:aws:ecs:{self.region}:{self.account}:{kind}/{'/'.join(parts)}"


class ServiceKey(NamedTuple):
    """Where a service is: the same as in MiniStack's store, with the account and region in front."""

    scope: Scope
    cluster: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.cluster}/{self.name}"


def scope_of(arn: str) -> Scope:
    """Of nobody when it is no ARN."""
    _, _, _, region, account, *_ = [*arn.split(":"), "", "", "", "", ""]
    return Scope(account, region)


def tail(arn: str) -> str:
    """The last part of an ARN: a task's id, a cluster's name."""
    return arn.rpartition("/")[2]


def key_of_arn(arn: str) -> ServiceKey:
    """The service of an ARN of kind service, service-deployment or service-revision."""
    _, cluster, name, *_ = arn.split("/")
    return ServiceKey(scope_of(arn), cluster, name)


def is_below_service(arn: str, kind: str) -> bool:
    """Whether this is an ARN of that kind that names cluster, service and id."""
    return arn.startswith("arn:aws:ecs:") and f":{kind}/" in arn and arn.count("/") == 3


def cluster_name(reference: str) -> str:
    return tail(reference) if reference else "default"


def deployment_id() -> str:
    return f"ecs-svc/{secrets.randbelow(10**19):019d}"


def long_id() -> str:
    """For service deployments: 21 letters and digits, mixed."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(21))


def revision_id() -> str:
    return f"{secrets.randbelow(10**19):019d}"


def task_id() -> str:
    return secrets.token_hex(16)
