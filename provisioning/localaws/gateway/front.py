"""Puts the front before MiniStack: endpoints, then faults, then what MiniStack gives too freely, then who answers."""

import os
from collections.abc import Mapping

from ministack import app as ministack_app

from provisioning.localaws.checks import Reaches
from provisioning.localaws.gateway import connections
from provisioning.localaws.gateway.accounts import in_their_account
from provisioning.localaws.gateway.asgi import App, Receive, Scope, Send
from provisioning.localaws.gateway.endpoints import with_endpoints
from provisioning.localaws.gateway.faults import Faults, parse, with_faults
from provisioning.localaws.sts import missing_roles
from provisioning.localaws.sts.missing_roles import without_missing_roles

REACHES = (
    *connections.REACHES,
    *missing_roles.REACHES,
    Reaches("ministack.app", ("app", "main")),
    Reaches("ministack.core.responses", ("request_scope", "get_account_id", "set_request_account_id")),
)


def install(runtime: str, mounts: Mapping[str, App]) -> None:
    """`mounts` are applications of our own by the prefix of the paths they answer, which they see whole.

    Raises NotFaultsError when LOCALAWS_FAULTS holds none.
    """
    connections.install()
    faults = Faults(parse(os.environ.get("LOCALAWS_FAULTS") or '{"faults": []}'))
    inner = _mounted(without_missing_roles(in_their_account(ministack_app.app)), mounts)
    ministack_app.app = with_endpoints(with_faults(inner, faults), runtime, faults)


def _mounted(app: App, mounts: Mapping[str, App]) -> App:
    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        await next((own for prefix, own in mounts.items() if path.startswith(prefix)), app)(scope, receive, send)

    return chosen
