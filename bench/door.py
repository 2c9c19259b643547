"""A door to AWS: passes everything on, counts the calls, and may hold an account's calls back first."""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

_ACCOUNT = re.compile(rb"Credential=(\d{12})/")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *([^\r]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Message:
    """A request or an answer as it came: the head with its empty line, and the body in its own encoding."""

    head: bytes
    body: bytes

    @property
    def account(self) -> str:
        """Whose key signed it."""
        found = _ACCOUNT.search(self.head)
        return found[1].decode() if found else ""

    @property
    def operation(self) -> str:
        """What is asked of AWS."""
        found = _TARGET.search(self.head) or _ACTION.search(self.body)
        if not found:
            return self.head.split(b"\r\n", 1)[0].decode()
        return found[1].decode().rpartition(".")[2]


@dataclass
class Door:
    """One client's way to AWS. `ways` names the port for accounts that are elsewhere, `delays` seconds by account."""

    port_of_aws: int
    ways: Mapping[str, int] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Serves from a thread until the program ends."""
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True).start()
        ready.wait()

    async def _serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._attend, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward: dict[int, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                asked = await _read(reader)
                self.calls[asked.operation] += 1
                await asyncio.sleep(self.delays.get(asked.account, 0))
                answer = await _ask(asked, self.ways.get(asked.account, self.port_of_aws), onward)
                writer.write(answer.head + answer.body)
                await writer.drain()
        for each in (writer, *(out for _, out in onward.values())):
            each.close()


async def _ask(
    asked: Message, port: int, onward: dict[int, tuple[asyncio.StreamReader, asyncio.StreamWriter]]
) -> Message:
    """The answer, over the connection that is open already where there is one."""
    if port not in onward or onward[port][0].at_eof():
        onward[port] = await asyncio.open_connection("127.0.0.1", port)
    reader, writer = onward[port]
    writer.write(asked.head + asked.body)
    await writer.drain()
    return await _read(reader)


async def _read(reader: asyncio.StreamReader) -> Message:
    head = await reader.readuntil(b"\r\n\r\n")
    if _CHUNKED.search(head):
        return Message(head, await _chunks(reader))
    length = _LENGTH.search(head)
    return Message(head, await reader.readexactly(int(length[1])) if length else b"")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        body += line + await reader.readexactly(int(line.split(b";")[0], 16) + 2)
        if int(line.split(b";")[0], 16) == 0:
            return body
