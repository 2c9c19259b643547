"""A real website on loopback, which answers as its path says; and what it was asked."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Website(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[tuple[str, str]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address) -> None:
        """Whoever asked hung up."""


class _Answers(BaseHTTPRequestHandler):
    server: Website

    def do_GET(self) -> None:
        self.server.asked.append((self.headers["Host"], self.path))
        getattr(self, f"_{self.path.strip('/')}", self._ok)()

    def log_message(self, *_) -> None:
        """Quiet."""

    def _ok(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _missing(self) -> None:
        self._ok(404)

    def _broken(self) -> None:
        self._ok(500)

    def _moved(self) -> None:
        self._ok(302, Location="http://127.0.0.1:9/elsewhere")

    def _hangs(self) -> None:
        self.server.over.wait(10)

    def _drips(self) -> None:
        while not self.server.over.is_set():
            self.wfile.write(b"H")
            time.sleep(0.1)

    def _huge(self) -> None:
        self._ok()
        while not self.server.over.is_set():
            self.wfile.write(b"x" * 65536)


@contextmanager
def website() -> Iterator[Website]:
    site = Website()
    threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield site
    finally:
        site.over.set()
        site.shutdown()
        site.server_close()
