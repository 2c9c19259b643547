"""A websocket passed through to a target: the client's side is ASGI, the target's a connection of our own."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from provisioning.localaws.elbv2.headers import Headers, decoded, to_client
from provisioning.localaws.elbv2.upstream import CHUNK, BrokenError, LateError, Receive, Send

HANDSHAKE_TIMEOUT = 60.0  # seconds, AWS's idle timeout; an open websocket may idle, since pings do not reach us
CLOSING_TIMEOUT = 2.0  # seconds for the target to answer our closing


@dataclass(frozen=True)
class Handshake:
    """`path` is as sent, with the query; `headers` do not hold the host."""

    host: str
    path: str
    headers: Headers
    subprotocols: list[str]


class Tunnel:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._target = WSConnection(ConnectionType.CLIENT)
        self._parts: list[Any] = []

    async def run(
        self, handshake: Handshake, receive: Receive, send: Send, leaving: Callable[[], Awaitable[None]]
    ) -> None:
        """Until either side closes, or `leaving` returns: then both are told that the target goes away.

        Raises BrokenError or LateError when the target does not answer the handshake.
        """
        try:
            if await self._open(handshake, send):
                await self._pass_on(receive, send, leaving)
        finally:
            self._writer.close()

    async def _open(self, handshake: Handshake, send: Send) -> bool:
        """Whether the target accepted; otherwise its answer has been passed on."""
        extra = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in handshake.headers]
        self._say(Request(handshake.host, handshake.path, subprotocols=handshake.subprotocols, extra_headers=extra))
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT):
                return await self._handshake_answer(send)
        except TimeoutError as error:
            raise LateError from error
        except (OSError, RemoteProtocolError) as error:
            raise BrokenError from error

    async def _handshake_answer(self, send: Send) -> bool:
        began = False
        while True:
            for event in self._target.events():
                if isinstance(event, AcceptConnection):
                    await send(_acceptance(event))
                    return True
                if isinstance(event, RejectConnection):
                    began = True
                    await send(_rejection(event))
                if isinstance(event, RejectData):
                    more = not event.body_finished
                    await send({"type": "websocket.http.response.body", "body": bytes(event.data), "more_body": more})
                    if not more:
                        return False
            data = await self._reader.read(CHUNK)
            if not data and not began:
                raise BrokenError
            self._target.receive_data(data)

    async def _pass_on(self, receive: Receive, send: Send, leaving: Callable[[], Awaitable[None]]) -> None:
        from_client = asyncio.create_task(self._from_client(receive))
        from_target = asyncio.create_task(self._from_target(send))
        end = asyncio.ensure_future(leaving())
        tasks = {from_client, from_target, end}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if end in done and not done & {from_client, from_target}:
                await self._go_away(send, from_target)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _go_away(self, send: Send, from_target: "asyncio.Task[None]") -> None:
        """Close both sides as a server does that goes away; what the target still says meanwhile is passed on."""
        self._say(CloseConnection(CloseReason.GOING_AWAY))
        await asyncio.wait({from_target}, timeout=CLOSING_TIMEOUT)
        if not from_target.done():
            await send({"type": "websocket.close", "code": int(CloseReason.GOING_AWAY)})

    async def _from_client(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self._say(CloseConnection(_sendable(message.get("code") or 1000), message.get("reason") or None))
                return
            if message["type"] == "websocket.receive":
                data = message.get("bytes")
                self._say(TextMessage(message["text"]) if data is None else BytesMessage(data))
                await self._writer.drain()

    async def _from_target(self, send: Send) -> None:
        while True:
            for event in self._target.events():
                if await self._ends_with(event, send):
                    return
            try:
                data = await self._reader.read(CHUNK)
                if data:
                    self._target.receive_data(data)
            except (OSError, RemoteProtocolError):
                data = b""
            if not data:
                await send({"type": "websocket.close", "code": int(CloseReason.INTERNAL_ERROR)})
                return

    async def _ends_with(self, event: Event, send: Send) -> bool:
        """Pass one event of the target on; whether it was the last."""
        if isinstance(event, Message):
            await self._message(event, send)
        elif isinstance(event, Ping):
            self._say(event.response())
        elif isinstance(event, CloseConnection):
            self._say(event.response())
            await send({"type": "websocket.close", "code": _sendable(event.code), "reason": event.reason or ""})
            return True
        return False

    async def _message(self, event: Message, send: Send) -> None:
        """A part of a message, or the last of it: ASGI wants whole ones."""
        self._parts.append(event.data)
        if event.message_finished:
            parts, self._parts = self._parts, []
            whole = "".join(parts) if isinstance(event, TextMessage) else b"".join(map(bytes, parts))
            await send({"type": "websocket.send", "text" if isinstance(whole, str) else "bytes": whole})

    def _say(self, event: Event) -> None:
        try:
            data = self._target.send(event)
        except LocalProtocolError:
            return  # the target has closed already
        if not self._writer.is_closing():
            self._writer.write(data)


def _acceptance(event: AcceptConnection) -> dict[str, Any]:
    headers = [(bytes(name).lower(), bytes(value)) for name, value in event.extra_headers]
    return {"type": "websocket.accept", "subprotocol": event.subprotocol, "headers": headers}


def _rejection(event: RejectConnection) -> dict[str, Any]:
    headers = to_client(decoded(event.headers))
    return {"type": "websocket.http.response.start", "status": event.status_code, "headers": headers}


def _sendable(code: int) -> int:
    """Some codes only say that none was received (RFC 6455, 7.4.1)."""
    return code if code not in (1005, 1006, 1015) else 1000
