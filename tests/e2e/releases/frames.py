"""WebSocket frames (RFC 6455) as short as the tests need them: up to 125 bytes, never split. Standard library only."""

import base64
import hashlib
from collections.abc import Callable

TEXT, CLOSE = 0x1, 0x8
GOING_AWAY = 1001  # the close code of a server that stops
LONGEST = 125  # bytes of a frame whose length fits into one byte
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

Read = Callable[[int], bytes]


def accept_of(key: str) -> str:
    """What a server answers to the client's Sec-WebSocket-Key."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


def encode(kind: int, content: bytes, mask: bytes = b"") -> bytes:
    """One whole frame; clients give a mask of four bytes, servers none."""
    assert len(content) <= LONGEST
    length = len(content) | (0x80 if mask else 0)
    return bytes([0x80 | kind, length]) + mask + _masked(content, mask)


def decode(read: Read) -> tuple[int, bytes]:
    """Kind and content of the next frame; `read` gives exactly as many bytes, or raises EOFError."""
    kind, length = read(2)
    mask = read(4) if length & 0x80 else b""
    return kind & 0x0F, _masked(read(length & 0x7F), mask)


def closing(code: int) -> bytes:
    """The content of a close frame."""
    return code.to_bytes(2, "big")


def exactly(read: Read) -> Read:
    """`read` of a buffered file, which answers with less at its end, as `decode` wants it."""

    def read_all(size: int) -> bytes:
        found = read(size)
        if len(found) < size:
            raise EOFError
        return found

    return read_all


def _masked(content: bytes, mask: bytes) -> bytes:
    return bytes(each ^ mask[at % 4] for at, each in enumerate(content)) if mask else content
