"""`GET /_localaws`: which runtime the tasks have, for the portal's banner."""

import json
from typing import Any

from ministack import app as ministack_app

from provisioning.localaws.checks import MINISTACK_VERSION, Reaches

REACHES = (Reaches("ministack.app", ("app", "main")),)


def install(runtime: str) -> None:
    original = ministack_app.app
    body = json.dumps({"runtime": runtime, "version": MINISTACK_VERSION}).encode()

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/_localaws":
            await original(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    ministack_app.app = answering
