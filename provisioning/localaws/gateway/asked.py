"""What a request asks for: whose it is, of which service, which operation, and how the answer is written."""

from contextvars import copy_context
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs

from ministack.core.responses import get_account_id, set_request_account_id

from provisioning.localaws.gateway.accounts import split_account
from provisioning.localaws.gateway.asgi import Receive, Scope, again, header, read_body

FORM = "application/x-www-form-urlencoded"
UNSIGNED = {"/v2/": "registry", "/_alb/": "traffic"}  # the services of what carries no signature


class Protocol(StrEnum):
    """How a service writes requests and errors."""

    JSON = "json"
    QUERY = "query"
    EC2 = "ec2"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"


@dataclass(frozen=True)
class Asked:
    """`service` is the signing name (elasticloadbalancing, not elbv2); `operation` is empty where REST has none."""

    account: str
    service: str
    operation: str
    protocol: Protocol


async def understand(scope: Scope, receive: Receive) -> tuple[Asked, Receive]:
    """What is asked, and the `receive` to go on with: a form's body has to be read to know its operation."""
    form = ""
    if header(scope, "content-type").startswith(FORM):
        body = await read_body(receive)
        form, receive = body.decode("utf-8", "replace"), again(body, receive)
    account, service = _whose(scope)
    action = _action(form or scope["query_string"].decode("latin-1"))
    target = header(scope, "x-amz-target").rpartition(".")[2]
    return Asked(account, service, target or action, _protocol(service, target, action)), receive


def _whose(scope: Scope) -> tuple[str, str]:
    """Account and service, from the signature's scope (key/date/region/service/aws4_request) or from the path."""
    signature = header(scope, "authorization").partition("Credential=")[2].partition(",")[0].split("/")
    if len(signature) >= 4:
        return account_of(signature[0]), signature[3]
    for prefix, service in UNSIGNED.items():
        if scope["path"].startswith(prefix):
            return split_account(scope["path"].removeprefix(prefix))[0] or account_of(""), service
    return account_of(""), ""


def account_of(access_key: str) -> str:
    """Whose the access key is, temporary ones included; without one, the launcher's own account."""
    apart = copy_context()
    apart.run(set_request_account_id, access_key)
    return str(apart.run(get_account_id))


def _action(form: str) -> str:
    return parse_qs(form).get("Action", [""])[0]


def _protocol(service: str, target: str, action: str) -> Protocol:
    if target:
        return Protocol.JSON
    if action:
        return Protocol.EC2 if service == "ec2" else Protocol.QUERY
    return Protocol.REST_XML if service == "s3" else Protocol.REST_JSON
