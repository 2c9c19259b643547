"""The sample application of the demo: one web service in one file of standard Python.

Environment: HOST, PORT, APP_NAME, APP_VERSION, CONSUL_HTTP_ADDR, CONSUL_PREFIX, CONSUL_HTTP_TOKEN, and APP_FAULT, which
makes a version go wrong on purpose: `crash` exits with code 3, `unhealthy` fails its health check, `hang` only accepts.
"""

import html
import json
import os
import signal
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

NAME = os.environ.get("APP_NAME", "sample")
VERSION = os.environ.get("APP_VERSION", "unknown")
FAULT = os.environ.get("APP_FAULT", "")

PAGE = "<!doctype html><html lang=en><title>{name}</title><h1>{name} {version}</h1><p>{greeting}</p></html>"


def say(message: str) -> None:
    """Standard output is the container's log."""
    print(message, flush=True)


def read_greeting() -> str | None:
    """The greeting from Consul, read once: a new value needs a restart, as with most applications."""
    address, prefix = os.environ.get("CONSUL_HTTP_ADDR", ""), os.environ.get("CONSUL_PREFIX", "")
    if not address or not prefix:
        return None
    base = address if "://" in address else f"http://{address}"
    request = urllib.request.Request(f"{base.rstrip('/')}/v1/kv/{prefix}greeting?raw")  # noqa: S310 - our own agent
    if os.environ.get("CONSUL_HTTP_TOKEN"):
        request.add_header("X-Consul-Token", os.environ["CONSUL_HTTP_TOKEN"])
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
            return str(answer.read().decode())
    except (OSError, ValueError) as error:
        say(f"greeting: could not read {prefix}greeting from Consul: {error}")
        return None


class Handler(BaseHTTPRequestHandler):
    timeout = 10  # seconds; a connection that says nothing must not hold up the end
    greeting: str | None = None

    def do_GET(self) -> None:
        if FAULT == "hang":
            time.sleep(3600)
        if self.path.partition("?")[0].endswith("/health"):
            self._answer_json(500 if FAULT == "unhealthy" else 200, {"version": VERSION})
        elif "text/html" in self.headers.get("Accept", ""):
            parts = {"name": NAME, "version": VERSION, "greeting": self.greeting or ""}
            page = PAGE.format(**{key: html.escape(value) for key, value in parts.items()})
            self._answer(200, "text/html; charset=utf-8", page.encode())
        else:
            self._answer_json(200, {"name": NAME, "version": VERSION, "greeting": self.greeting})

    def _answer_json(self, status: int, content: dict[str, str | None]) -> None:
        self._answer(status, "application/json", json.dumps(content).encode())

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        if not getattr(self, "path", "").partition("?")[0].endswith("/health"):
            say(f"{self.address_string()} {format % args}")


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    # Closing waits for the requests in flight, unless they hang on purpose.
    daemon_threads = FAULT == "hang"
    block_on_close = FAULT != "hang"

    def server_bind(self) -> None:
        """Without HTTPServer's look-up of the host's full name, which may wait for a name server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = NAME, int(self.server_address[1])


def main() -> int:
    # The first process of a container ignores signals that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    port = int(os.environ.get("PORT", "8080"))
    say(f"{NAME} {VERSION} starting on port {port}" + (f" with fault {FAULT}" if FAULT else ""))
    if FAULT == "crash":
        time.sleep(0.5)
        print("fatal: this version cannot start", file=sys.stderr, flush=True)
        return 3
    Handler.greeting = read_greeting()
    with Server((os.environ.get("HOST", ""), port), Handler) as server:
        # From a thread, because shutdown() waits for the loop that the signal interrupts.
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever(poll_interval=0.05)
    say(f"{NAME} {VERSION} stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
