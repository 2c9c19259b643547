"""The few things that every part of the front does with ASGI."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = dict[str, str]


def header(scope: Scope, name: str) -> str:
    """The first header of that name, which is in lower case; empty without one."""
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == wanted), "")


async def answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """A whole answer at once."""
    named = {**headers, "content-length": str(len(body))}
    encoded = [(name.encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def answer_json(send: Send, status: int, content: Any) -> None:
    """As the endpoints below `/_localaws` answer."""
    await answer(send, status, json.dumps(content).encode(), {"content-type": "application/json"})


async def read_body(receive: Receive) -> bytes:
    """The whole body; what there is of it when the client goes away."""
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def again(body: bytes, receive: Receive) -> Receive:
    """A `receive` for whoever comes next, when the body has been read already."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return pending.pop() if pending else await receive()

    return receiving
