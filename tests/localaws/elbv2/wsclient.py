"""A websocket client and server in a few lines (RFC 6455), so that the tests do not use the library that is tested."""

import base64
import hashlib
import os
import socket
from typing import NamedTuple

from tests.localaws.elbv2.servers import head_of

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Frame(NamedTuple):
    opcode: int
    payload: bytes

    @property
    def code(self) -> int:
        """Of a closing frame."""
        return int.from_bytes(self.payload[:2])


class Peer:
    """One end of an open websocket; a client masks what it sends."""

    def __init__(self, connection: socket.socket, received: bytes = b"", *, masks: bool) -> None:
        self._connection, self._received, self._masks = connection, received, masks
        connection.settimeout(60)

    def send(self, payload: bytes, opcode: int = TEXT, *, final: bool = True) -> None:
        first = (0x80 if final else 0) | opcode
        bit = 0x80 if self._masks else 0
        size = len(payload)
        length = bytes([bit | size]) if size < 126 else bytes([bit | 126]) + size.to_bytes(2)
        mask = os.urandom(4) if self._masks else b""
        body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
        self._connection.sendall(bytes([first]) + length + mask + body)

    def close(self, code: int = 1000) -> None:
        self.send(code.to_bytes(2), CLOSE)

    def receive(self) -> Frame:
        first, second = self._exactly(2)
        size = second & 0x7F
        if size == 126:
            size = int.from_bytes(self._exactly(2))
        mask = self._exactly(4) if second & 0x80 else b""
        payload = self._exactly(size)
        if mask:
            payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        return Frame(first & 0x0F, payload)

    def _exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            chunk = self._connection.recv(65536)
            if not chunk:
                raise ConnectionResetError
            self._received += chunk
        wanted, self._received = self._received[:size], self._received[size:]
        return wanted


def connect(port: int, path: str, *headers: str) -> tuple[bytes, Peer]:
    """The head of the answer, and the open websocket if it is a 101."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    lines = [f"GET {path} HTTP/1.1", "Host: a.example", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", *headers]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    head, _, rest = head_of(connection).partition(b"\r\n\r\n")
    return head + b"\r\n", Peer(connection, rest, masks=True)


def accept(connection: socket.socket, head: bytes, *headers: str) -> Peer:
    """Answer a handshake whose head was read."""
    key = head.lower().index(b"sec-websocket-key: ") + len(b"sec-websocket-key: ")
    nonce = head[key:].partition(b"\r\n")[0]
    token = base64.b64encode(hashlib.sha1(nonce + GUID).digest()).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Accept: {token}", *headers]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return Peer(connection, masks=False)
