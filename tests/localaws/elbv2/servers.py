"""Tiny real servers to stand behind a load balancer, each with one way of behaving."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(status: str, body: str = "", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@contextmanager
def serving(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """Call `handle` with each connection, in a thread of its own; gives the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        def serve(connection: socket.socket) -> None:
            with connection:
                try:
                    handle(connection)
                except OSError:
                    return  # the other side left

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def head_of(connection: socket.socket) -> bytes:
    """What came up to the end of the headers, and perhaps a part of the body."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            break
        received += chunk
    return received


@contextmanager
def saying(answer: bytes) -> Iterator[int]:
    """A server that answers every request with the same bytes."""

    def handle(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(answer)

    with serving(handle) as port:
        yield port


@contextmanager
def hanging() -> Iterator[int]:
    """A server that accepts and never says anything."""
    over = threading.Event()
    try:
        with serving(lambda connection: over.wait(60) and None) as port:
            yield port
    finally:
        over.set()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def echoing() -> Iterator[int]:
    """A server that answers with the head of the request and, after a line, its body."""

    def handle(connection: socket.socket) -> None:
        head, _, body = head_of(connection).partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        chunked = b"transfer-encoding: chunked" in head.lower()
        while len(body) < length or (chunked and not body.endswith(b"0\r\n\r\n")):
            body += connection.recv(65536)
        said = head + b"\r\n\r\n" + body
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + said)

    with serving(handle) as port:
        yield port


@dataclass
class Named:
    """A server that says its name, `slow` seconds after the request where the path begins with /slow."""

    name: str
    slow: float = 0
    served: int = 0  # requests other than health checks

    def handle(self, connection: socket.socket) -> None:
        path = head_of(connection).split(b" ")[1]
        if path != b"/health":
            self.served += 1
        if path.startswith(b"/slow"):
            time.sleep(self.slow)
        connection.sendall(answer("200 OK", self.name))

    @contextmanager
    def running(self) -> Iterator[int]:
        with serving(self.handle) as port:
            yield port


@contextmanager
def healthy_but(said: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server whose health check passes, and that does `said` with every other request."""

    def handle(connection: socket.socket) -> None:
        if head_of(connection).startswith(b"GET /health "):
            connection.sendall(OK)
        else:
            said(connection)

    with serving(handle) as port:
        yield port
