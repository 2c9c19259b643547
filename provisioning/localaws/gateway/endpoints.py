"""The endpoints below `/_localaws`: what this local AWS is, and the faults that tests ask of it."""

import ipaddress
from typing import Any

from provisioning.localaws.checks import MINISTACK_VERSION
from provisioning.localaws.gateway.asgi import App, Receive, Scope, Send, answer_json, header, read_body
from provisioning.localaws.gateway.faults import Faults, NotFaultsError, parse

STATUS, FAULTS = "/_localaws", "/_localaws/faults"


def with_endpoints(app: App, runtime: str, faults: Faults) -> App:
    """`app`, and the endpoints before it. `runtime` is `docker` or `process`, for the portal's banner."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == STATUS:
            await answer_json(send, 200, {"runtime": runtime, "version": MINISTACK_VERSION})
        elif scope["type"] == "http" and scope["path"] == FAULTS:
            await answer_json(send, *await _faults(scope, receive, faults))
        else:
            await app(scope, receive, send)

    return answering


async def _faults(scope: Scope, receive: Receive, faults: Faults) -> tuple[int, Any]:
    if not _from_here(scope):
        return 403, {"message": "Faults are set from this machine only."}
    if scope["method"] == "POST":
        return await _replace(scope, receive, faults)
    if scope["method"] == "DELETE":
        faults.in_force = []
    elif scope["method"] != "GET":
        return 405, {"message": "GET shows the faults, POST replaces them, DELETE ends them."}
    return 200, faults.shown()


async def _replace(scope: Scope, receive: Receive, faults: Faults) -> tuple[int, Any]:
    # A web page cannot send this type across origins without asking first, and nobody says yes.
    if header(scope, "content-type").partition(";")[0] != "application/json":
        return 415, {"message": "Send application/json."}
    try:
        faults.in_force = parse(await read_body(receive))
    except NotFaultsError as error:
        return 400, {"message": str(error)}
    return 200, faults.shown()


def _from_here(scope: Scope) -> bool:
    return ipaddress.ip_address(scope["client"][0]).is_loopback
