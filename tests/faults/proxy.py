"""Between the worker and AWS: passes on what it is asked, but for the fault of the moment, and keeps a log."""

import asyncio
import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.wire import ERRORS, PAGES, Call, Fault, call_of, wrong_answer

SLOWEST = 6.0  # seconds, less than any of the portal's patience with a change
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


@dataclass(frozen=True)
class Seen:
    """One call: when, what, which fault it met, and AWS's status; 0 when AWS never heard of it."""

    at: float
    call: Call
    fault: str = ""
    status: int = 0

    @property
    def was_done(self) -> bool:
        return 200 <= self.status < 300


class FaultProxy:
    """Runs in a thread of its own. `fault` is the fault of the moment, which the given share of all calls meet.

    The answer to one and the same change is lost once only: otherwise nobody could say how often it may be asked for.
    """

    def __init__(self, aws_port: int, seed: int, log: Path) -> None:
        self.fault: Fault | None = None
        self.share = 1.0
        self.seen: list[Seen] = []
        self._aws_port, self._log = aws_port, log
        self._random = random.Random(seed)
        self._lost: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    @property
    def met(self) -> Counter[str]:
        """How many calls have met each fault."""
        return Counter(seen.fault for seen in list(self.seen) if seen.fault)

    def done(self, operation: str) -> list[Call]:
        """The calls of this operation that AWS carried out, whoever heard of it."""
        return [seen.call for seen in list(self.seen) if seen.call.operation == operation and seen.was_done]

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        async with await asyncio.start_server(self._attend, sock=self._socket):
            await self._over.wait()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        with suppress(OSError, asyncio.IncompleteReadError):  # whoever asked may be dead by now
            head = await reader.readuntil(b"\r\n\r\n")
            headers = _headers(head)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            await self._answer(writer, head, body, call_of(headers, body))
            await writer.drain()
        with suppress(OSError):
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, head: bytes, body: bytes, call: Call) -> None:
        fault = self._choose(call, body)
        if fault in PAGES or fault in ERRORS:
            self._note(call, fault)
            writer.write(wrong_answer(fault, call).encode())
            return
        if fault is Fault.SLOW:
            await asyncio.sleep(self._random.uniform(0.5, SLOWEST))
        answer = b"" if fault is Fault.RESET else await self._ask_aws(head, body)
        self._note(call, fault, answer)
        if fault in {Fault.RESET, Fault.LOST}:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            writer.transport.abort()
        else:
            writer.write(answer)

    def _choose(self, call: Call, body: bytes) -> Fault | None:
        fault = self.fault if self._random.random() < self.share else None
        if fault is Fault.LOST and not call.is_read:
            change = f"{call.operation} {body!r}"
            if change in self._lost:
                return None
            self._lost.add(change)
        return fault

    def _note(self, call: Call, fault: Fault | None, answer: bytes = b"") -> None:
        status = int(answer.split(b" ", 2)[1]) if answer else 0
        seen = Seen(time.time(), call, str(fault or ""), status)
        self.seen.append(seen)
        with self._log.open("a") as file:
            file.write(json.dumps(asdict(seen)) + "\n")

    async def _ask_aws(self, head: bytes, body: bytes) -> bytes:
        """AWS's own answer, whole, on a connection that neither side uses again."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._aws_port)
        try:
            writer.write(_closing(head) + body)
            return _closing(await reader.read())
        finally:
            writer.close()


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name.lower(): value.strip() for name, _, value in pairs}


def _closing(message: bytes) -> bytes:
    """A request or an answer after which the connection is closed."""
    first, _, rest = message.partition(b"\r\n")
    head, _, body = rest.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([first, *kept, b"Connection: close", b"", body])
