"""A browser's WebSocket, as far as the tests talk through one."""

import base64
import os
import socket
from typing import Self
from urllib.parse import urlsplit

from tests.e2e.releases import frames

SECONDS = 60


class NoWebSocket(AssertionError):
    """The other side did not agree to one."""


class WebSocket:
    """Open until either side closes it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80), SECONDS)
        self._file = self._socket.makefile("rb")
        self._read = frames.exactly(self._file.read)
        self._shake_hands(parts.netloc, parts.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, text: str) -> str:
        """Says something; what comes back."""
        self._send(frames.TEXT, text.encode())
        kind, content = frames.decode(self._read)
        assert kind == frames.TEXT, (kind, content)
        return content.decode()

    def closed(self) -> int:
        """Waits until the other side closes it, and agrees; its code. EOFError when it was only cut off."""
        kind, content = frames.decode(self._read)
        assert kind == frames.CLOSE, (kind, content)
        self._send(frames.CLOSE, content)
        return int.from_bytes(content[:2], "big")

    def _send(self, kind: int, content: bytes) -> None:
        self._socket.sendall(frames.encode(kind, content, os.urandom(4)))

    def _shake_hands(self, host: str, path: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        asked = {
            "Host": host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
        }
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.items()), "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        status = self._file.readline()
        said = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in self._lines())}
        if b" 101 " not in status or said.get("sec-websocket-accept") != frames.accept_of(key):
            raise NoWebSocket(f"{status!r} {said}")

    def _lines(self) -> list[str]:
        """The header lines that follow."""
        return list(iter(lambda: self._file.readline().decode().strip(), ""))
