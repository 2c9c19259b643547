"""Roles that do not exist are refused, as at AWS: MiniStack gives any role to anybody unless it checks signatures."""

from dataclasses import replace
from urllib.parse import parse_qs, urlencode

from ministack.core.responses import request_scope
from ministack.services import iam

from provisioning.localaws.checks import Reaches
from provisioning.localaws.gateway.accounts import own_account
from provisioning.localaws.gateway.asgi import App, Receive, Scope, Send, answer
from provisioning.localaws.gateway.asked import service_of, understand
from provisioning.localaws.gateway.refusals import DENIED, written

REACHES = (
    Reaches("ministack.core.responses", ("request_scope",)),
    Reaches("ministack.services.iam", ("handle_request",)),
)

# AWS says no more of a role that does not exist than of one that does not trust whoever asks.
NOT_YOURS = replace(
    DENIED,
    message="User: arn:aws:iam::{account}:root is not authorized to perform: sts:AssumeRole on resource: {role}",
)


def without_missing_roles(app: App) -> App:
    """`app`, asked for roles that exist only."""

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or service_of(scope) != "sts":
            await app(scope, receive, send)
            return
        asked, receive = await understand(scope, receive)
        role = parse_qs(asked.form).get("RoleArn", [""])[0]
        if asked.operation != "AssumeRole" or await _exists(role):
            await app(scope, receive, send)
        else:
            await answer(send, *written(NOT_YOURS, asked, role=role))

    return refusing


async def _exists(role: str) -> bool:
    parts = role.split(":")
    if len(parts) != 6:
        return True  # no name of a role: MiniStack says so itself
    form = urlencode({"Action": "GetRole", "RoleName": parts[5].rpartition("/")[2]}).encode()
    with request_scope(parts[4], own_account()[1]):
        status, _, _ = await iam.handle_request("POST", "/", {}, form, {})
    return bool(status == 200)
