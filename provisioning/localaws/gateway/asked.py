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
    form: str  # what the query protocols send, as it was sent


async def understand(scope: Scope, receive: Receive) -> tuple[Asked, Receive]:
    """What is asked, and the `receive` to go on with: a form's body has to be read to know its operation."""
    form = ""
    if header(scope, "content-type").startswith(FORM):
        body = await read_body(receive)
        form, receive = body.decode("utf-8", "replace"), again(body, receive)
    form = form or scope["query_string"].decode("latin-1")
    service, action = service_of(scope), parse_qs(form).get("Action", [""])[0]
    target = header(scope, "x-amz-target").rpartition(".")[2]
    return Asked(_whose(scope), service, target or action, _protocol(service, target, action), form), receive


def service_of(scope: Scope) -> str:
    """By the signature, or by the path of what nobody signs; empty where neither tells."""
    _, service = _signed(scope)
    return service or next((name for prefix, name in UNSIGNED.items() if scope["path"].startswith(prefix)), "")


def _whose(scope: Scope) -> str:
    key, service = _signed(scope)
    prefix = next((each for each in UNSIGNED if scope["path"].startswith(each)), "")
    named = "" if service or not prefix else split_account(scope["path"].removeprefix(prefix))[0]
    return named or account_of(key)


def _signed(scope: Scope) -> tuple[str, str]:
    """Access key and service of the signature's scope, which reads key/date/region/service/aws4_request."""
    parts = header(scope, "authorization").partition("Credential=")[2].partition(",")[0].split("/")
    return (parts[0], parts[3]) if len(parts) >= 4 else ("", "")


def account_of(access_key: str) -> str:
    """Whose the access key is, temporary ones included; without one, the launcher's own account."""
    apart = copy_context()
    apart.run(set_request_account_id, access_key)
    return str(apart.run(get_account_id))


def _protocol(service: str, target: str, action: str) -> Protocol:
    if target:
        return Protocol.JSON
    if action:
        return Protocol.EC2 if service == "ec2" else Protocol.QUERY
    return Protocol.REST_XML if service == "s3" else Protocol.REST_JSON
