"""A web service for tests of rollouts: tells its version, echoes, waits, speaks WebSocket, goes wrong on purpose.

Environment: PORT, VERSION, and FAULT: one of FAULTS, or empty. Standard library only: it runs in an image of its own.
"""

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

import frames  # beside it in the image

VERSION = os.environ.get("VERSION", "")
FAULT = os.environ.get("FAULT", "")
FAULTS = (
    *("exits-0", "exits-1", "out-of-memory", "slow", "wrong-port"),
    *("dies", "flaps", "answers-500", "hangs"),
)
SLOW_REQUEST = 5.0  # seconds
SLOW_START = 20.0
LIFE = 10.0  # of one that dies
FLAP = 5.0  # how long one that flaps is well, and then is not

_started = time.monotonic()
_sockets: set["Handler"] = set()


def say(line: str) -> None:
    """Standard output is the container's log."""
    print(line, flush=True)  # noqa: T201


def status() -> int:
    """What every answer says now."""
    ill = int((time.monotonic() - _started) / FLAP) % 2 == 1
    if FAULT == "flaps" and ill:
        return 503
    return 500 if FAULT == "answers-500" else 200


class Handler(BaseHTTPRequestHandler):
    timeout = 15  # seconds; a connection that says nothing must not hold up the end

    def do_GET(self) -> None:
        if FAULT == "hangs":
            time.sleep(3600)
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._talk()
            return
        if self.path.endswith("/slow"):
            time.sleep(SLOW_REQUEST)
        self._answer(VERSION.encode())

    def do_POST(self) -> None:
        """The body, as it came."""
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _answer(self, body: bytes) -> None:
        self.send_response(status())
        self.send_header("X-Version", VERSION)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _talk(self) -> None:
        """Echoes what a WebSocket says, with the version before it, until either side closes it."""
        self.protocol_version, self.close_connection = "HTTP/1.1", True
        self.connection.settimeout(None)
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", frames.accept_of(self.headers["Sec-WebSocket-Key"]))
        self.end_headers()
        _sockets.add(self)
        try:
            self._echo()
        except (EOFError, OSError):
            say("a WebSocket was cut off")
        finally:
            _sockets.discard(self)

    def _echo(self) -> None:
        while True:
            kind, content = frames.decode(frames.exactly(self.rfile.read))
            if kind == frames.CLOSE:
                self._agree(content)
                return
            self.wfile.write(frames.encode(frames.TEXT, f"{VERSION} {content.decode()}".encode()))

    def _agree(self, closing: bytes) -> None:
        """A close is answered with the same code, unless it answers ours (RFC 6455, 5.5.1)."""
        if self in _sockets:
            self.wfile.write(frames.encode(frames.CLOSE, closing))

    def log_message(self, *_: object) -> None:
        """What is asked is counted by who asks."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    # Closing waits for the requests in flight, unless they hang on purpose.
    daemon_threads = FAULT == "hangs"
    block_on_close = FAULT != "hangs"

    def server_bind(self) -> None:
        """Without HTTPServer's look-up of the host's full name, which may wait for a name server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "program", int(self.server_address[1])


def stop(server: Server) -> None:
    """Every WebSocket is told; every request is answered."""
    while _sockets:
        _sockets.pop().wfile.write(frames.encode(frames.CLOSE, frames.closing(frames.GOING_AWAY)))
    # From a thread, because shutdown() waits for the loop that the signal interrupts.
    threading.Thread(target=server.shutdown).start()


def die() -> None:
    """As a bug ends a program: at once, whatever it was doing. The time is told, because requests are counted by it."""
    say(f"died at {time.time():.3f}")
    os._exit(1)


def eat() -> None:
    """More memory than any task of the tests has."""
    eaten = []
    while True:
        eaten.append(b"x" * 2**24)


def main() -> int:
    # The first process of a container ignores signals that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    say(f"{VERSION} starts with fault {FAULT or 'none'}")
    if FAULT == "out-of-memory":
        eat()
    if FAULT in {"exits-0", "exits-1"}:
        time.sleep(0.5)
        return int(FAULT[-1])
    if FAULT == "slow":
        time.sleep(SLOW_START)
    port = int(os.environ["PORT"]) + (1 if FAULT == "wrong-port" else 0)
    with Server(("", port), Handler) as server:
        signal.signal(signal.SIGTERM, lambda *_: stop(server))
        if FAULT == "dies":
            threading.Timer(LIFE, die).start()
        server.serve_forever(poll_interval=0.05)
    return 0


if __name__ == "__main__":
    sys.exit(main())
