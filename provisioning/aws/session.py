"""The one door to AWS: whose credentials, which region, which endpoint."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials
from botocore.loaders import create_loader

from portal.core.sentences import NOTHING, Sentence
from provisioning.aws.answers import refuse_foreign
from provisioning.aws.errors import AwsProblem, asking_aws
from provisioning.aws.patience import LOOK, STEP, Patience, watch_over

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

ASSUMING = LOOK  # of the same time for whoever uses the role: its credentials are shared
_MODELS = create_loader()  # botocore's descriptions of the services: megabytes, read once for all accounts
_LOCK = RLock()  # boto3 makes clients unsafely in parallel; made clients may be shared by threads


@dataclass(frozen=True)
class AwsEndpoint:
    """Where AWS answers; None is AWS itself."""

    url: str | None = None


@dataclass(frozen=True)
class BaseCredentials:
    """Who the portal is before it takes a customer's role; empty: what the machine offers."""

    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class RoleAccess:
    role_arn: str
    external_id: str = field(repr=False)
    session_name: str = "in4it-portal"


@dataclass(frozen=True)
class KeyAccess:
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)


@dataclass(frozen=True)
class AwsSession:
    """One account in one region. Cheap to make; clients and assumed credentials are shared between equals."""

    access: RoleAccess | KeyAccess
    region: str
    endpoint: AwsEndpoint = AwsEndpoint()
    base: BaseCredentials = BaseCredentials()
    patience: Patience = STEP
    forbidden: Sentence = NOTHING  # why nothing may be asked here; each question then fails with it

    @overload
    def client(self, service: Literal["autoscaling"]) -> AutoScalingClient: ...
    @overload
    def client(self, service: Literal["cloudformation"]) -> CloudFormationClient: ...
    @overload
    def client(self, service: Literal["ec2"]) -> EC2Client: ...
    @overload
    def client(self, service: Literal["ecr"]) -> ECRClient: ...
    @overload
    def client(self, service: Literal["ecs"]) -> ECSClient: ...
    @overload
    def client(self, service: Literal["elbv2"]) -> ElasticLoadBalancingv2Client: ...
    @overload
    def client(self, service: Literal["iam"]) -> IAMClient: ...
    @overload
    def client(self, service: Literal["logs"]) -> CloudWatchLogsClient: ...
    @overload
    def client(self, service: Literal["ssm"]) -> SSMClient: ...
    @overload
    def client(self, service: Literal["sts"]) -> STSClient: ...
    def client(self, service: Any) -> Any:
        """The client of that service, made once and shared: botocore's clients are safe between threads."""
        _refuse_forbidden(self)
        with _LOCK:
            return _client(self, service)


@asking_aws("use the role in this account")
def assume(session: AwsSession) -> dict[str, str]:
    """Fresh credentials of the customer's role, in the form botocore refreshes with. Only for RoleAccess."""
    access = session.access
    assert isinstance(access, RoleAccess)
    taken = base_client(session).assume_role(
        RoleArn=access.role_arn, RoleSessionName=access.session_name, ExternalId=access.external_id
    )["Credentials"]
    return {
        "access_key": taken["AccessKeyId"],
        "secret_key": taken["SecretAccessKey"],
        "token": taken["SessionToken"],
        "expiry_time": taken["Expiration"].isoformat(),
    }


def base_client(session: AwsSession) -> STSClient:
    """STS as the portal itself, the only thing done with the base credentials."""
    _refuse_forbidden(session)
    with _LOCK:
        return _base_client(replace(session, patience=ASSUMING))


def _refuse_forbidden(session: AwsSession) -> None:
    if session.forbidden:
        raise AwsProblem("access_denied", "enter this account", sentence=session.forbidden)


@lru_cache(maxsize=64)
def _base_client(session: AwsSession) -> STSClient:
    core = _core()
    if session.base.access_key_id and session.base.secret_access_key:
        core.set_credentials(session.base.access_key_id, session.base.secret_access_key)
    base = boto3.Session(botocore_session=core, region_name=session.region)
    client: STSClient = _made(base, session, "sts", ASSUMING)
    return client


@lru_cache(maxsize=256)
def _client(session: AwsSession, service: Any) -> Any:
    return _made(_boto_session(replace(session, patience=ASSUMING)), session, service, session.patience)


def _made(boto: boto3.Session, session: AwsSession, service: Any, patience: Patience) -> Any:
    client = boto.client(service, endpoint_url=session.endpoint.url, config=_config(patience))
    watch_over(client)
    refuse_foreign(client)
    return client


@lru_cache(maxsize=64)
def _boto_session(session: AwsSession) -> boto3.Session:
    core = _core()
    if isinstance(session.access, KeyAccess):
        core.set_credentials(session.access.access_key_id, session.access.secret_access_key)
    else:
        core.register_component("credential_provider", CredentialResolver([_RoleProvider(session)]))
    return boto3.Session(botocore_session=core, region_name=session.region)


def _core() -> botocore.session.Session:
    core = botocore.session.Session()
    core.register_component("data_loader", _MODELS)
    return core


def _config(patience: Patience) -> Config:
    """botocore's ten connections a client are enough: a client is of one account, which gets few threads at once."""
    return Config(
        connect_timeout=patience.connect,
        read_timeout=patience.read,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        user_agent_extra="in4it-portal",
    )


class _RoleProvider(CredentialProvider):
    """botocore refreshes these under a lock, ten minutes before they expire at the latest."""

    METHOD = "in4it-assume-role"

    def __init__(self, session: AwsSession) -> None:
        super().__init__()
        self._refresh: Callable[[], dict[str, str]] = lambda: assume(session)

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(method=self.METHOD, refresh_using=self._refresh)


def forget_clients() -> None:
    """Drop every client and every assumed credential; they are made again when needed."""
    for cache in (_client, _boto_session, _base_client):
        cache.cache_clear()


# A forked worker must not share its parent's open connections.
os.register_at_fork(after_in_child=forget_clients)
