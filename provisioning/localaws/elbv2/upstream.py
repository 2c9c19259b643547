"""One HTTP request to a target: body and answer are passed on as they come. Nothing is ever sent twice."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

import h11

from provisioning.localaws.elbv2.headers import Headers, decoded, to_client
from provisioning.localaws.elbv2.registry import Target

CONNECT_TIMEOUT = 10.0  # seconds, as on AWS
CHUNK = 65536  # bytes

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class RefusedError(Exception):
    """The target does not take the connection: it got nothing of the request."""


class BrokenError(Exception):
    """The target closed the connection, or said what is not HTTP, before its answer began."""


class LateError(Exception):
    """The target did not take the connection, or did not answer, in time."""


class Outgoing(NamedTuple):
    """The head of a request to a target; `path` is as sent, with the query."""

    method: str
    path: bytes
    headers: Headers
    has_body: bool
    idle_timeout: float  # seconds


async def open_to(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            return await asyncio.open_connection(target.host, target.port)
    except TimeoutError as error:
        raise LateError from error
    except OSError as error:
        raise RefusedError from error


class Exchange:
    """A request and its answer over a connection of their own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Outgoing) -> None:
        self._reader, self._writer, self._request = reader, writer, request
        self._http = h11.Connection(h11.CLIENT)
        self._began = False
        self._active = asyncio.get_running_loop().time()

    async def run(self, receive: Receive, send: Send) -> None:
        """Until the answer is complete or the client leaves. Raises BrokenError or LateError before an answer began.

        A target that stops in the middle of its answer leaves it incomplete, which tells the client.
        """
        upload = asyncio.create_task(self._upload(receive))
        download = asyncio.create_task(self._download(send))
        try:
            done, _ = await asyncio.wait({upload, download}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except (BrokenError, LateError):
            if not self._began:
                raise
        finally:
            self._writer.close()
            for task in (upload, download):
                task.cancel()
            await asyncio.gather(upload, download, return_exceptions=True)

    async def _upload(self, receive: Receive) -> None:
        """Pass the body on; ends when the client leaves."""
        headers = [*self._request.headers, *self._framing()]
        self._write(h11.Request(method=self._request.method, target=self._request.path, headers=headers))
        more = True
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            if more and message.get("body"):
                self._write(h11.Data(data=message["body"]))
                await self._drain()
            if more and not message.get("more_body"):
                more = False
                self._write(h11.EndOfMessage())

    def _framing(self) -> Headers:
        known = any(name == "content-length" for name, _ in self._request.headers)
        return [("transfer-encoding", "chunked")] if self._request.has_body and not known else []

    def _write(self, event: h11.Event) -> None:
        if self._http.our_state is h11.ERROR or self._http.their_state in (h11.DONE, h11.CLOSED, h11.ERROR):
            return  # the answer came before the body was through
        data = self._http.send(event)
        if data and not self._writer.is_closing():
            self._writer.write(data)
        self._active = asyncio.get_running_loop().time()

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except OSError:
            return  # the target stopped reading; what it answers still counts
        self._active = asyncio.get_running_loop().time()

    async def _download(self, send: Send) -> None:
        while True:
            event = await self._next_event()
            if isinstance(event, h11.Response):
                self._began = True
                headers = to_client(decoded(event.headers))
                await send({"type": "http.response.start", "status": event.status_code, "headers": headers})
            elif isinstance(event, h11.Data):
                await send({"type": "http.response.body", "body": bytes(event.data), "more_body": True})
            elif isinstance(event, h11.EndOfMessage):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return

    async def _next_event(self) -> Any:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._read())
        except (OSError, h11.RemoteProtocolError) as error:
            raise BrokenError from error
        if isinstance(event, h11.ConnectionClosed):
            raise BrokenError
        return event

    async def _read(self) -> bytes:
        """Some bytes, or b"" at the end. Raises LateError when neither side has sent any for too long."""
        while True:
            last = self._active
            try:
                async with asyncio.timeout_at(last + self._request.idle_timeout) as limit:
                    data = await self._reader.read(CHUNK)
            except TimeoutError as error:
                if not limit.expired():
                    raise  # the connection's own, an OSError as any other
                if self._active == last:
                    raise LateError from error
            else:
                self._active = asyncio.get_running_loop().time()
                return data
