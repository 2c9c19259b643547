"""Connections by their client's address, so that one can be reset: ASGI has no word for that."""

import socket
import struct
from asyncio import StreamWriter
from typing import Any
from weakref import WeakValueDictionary

from hypercorn.asyncio.tcp_server import TCPServer

from provisioning.localaws.checks import Reaches
from provisioning.localaws.gateway.asgi import Scope

REACHES = (Reaches("hypercorn.asyncio.tcp_server", ("TCPServer",)),)

AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing sends a reset

_writers: WeakValueDictionary[tuple[str, int], StreamWriter] = WeakValueDictionary()


def install() -> None:
    """Remember each connection as long as the server holds it."""
    original = TCPServer.__init__

    def remembering(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        _writers[self.writer.get_extra_info("peername")[:2]] = self.writer

    TCPServer.__init__ = remembering


def reset(scope: Scope) -> None:
    """End the request's connection without an answer, as a machine in between does that fails."""
    writer = _writers.get(tuple(scope["client"][:2]))
    if writer is not None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        writer.transport.abort()
