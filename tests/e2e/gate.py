"""Between the portal and AWS: passes everything on, counts what was done, and acts at a chosen moment.

The moment is after AWS has done what was asked and before the portal hears of it: where a sudden death hurts most.
"""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

HOP_BY_HOP = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}
SECONDS = 60


@dataclass
class Moment:
    """Something to do once, at the first answer to `operation` that holds `containing`."""

    operation: str
    act: Callable[[], None]
    containing: bytes = b""
    happened: threading.Event = field(default_factory=threading.Event)


class Gate(ThreadingHTTPServer):
    """The address of AWS, as the portal sees it."""

    daemon_threads = True

    def __init__(self, aws_port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.aws_port = aws_port
        self.done: Counter[str] = Counter()  # by operation; what AWS refused is not counted
        self._moment: Moment | None = None
        self._one_at_a_time = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def at(self, operation: str, act: Callable[[], None], containing: bytes = b"") -> Moment:
        self._moment = Moment(operation, act, containing)
        return self._moment

    def seen(self, operation: str, answer: bytes) -> None:
        with self._one_at_a_time:
            self.done[operation] += 1
            moment = self._moment
            if moment and moment.operation == operation and moment.containing in answer:
                self._moment = None
                moment.act()
                moment.happened.set()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gate

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        aws = http.client.HTTPConnection("127.0.0.1", self.server.aws_port, timeout=SECONDS)
        try:
            aws.request(self.command, self.path, body, dict(self.headers))
            answer = aws.getresponse()
            content = answer.read()
        except ConnectionError:  # AWS has been stopped: whoever asks finds nobody
            self.close_connection = True
            return
        finally:
            aws.close()
        if answer.status < 400:
            self.server.seen(operation_of(self.headers, body), content)
        with suppress(ConnectionError):  # whoever asked may be dead by now
            self._give(answer, content)

    def _give(self, answer: http.client.HTTPResponse, content: bytes) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """What was asked is counted, not printed."""


def operation_of(headers: Mapping[str, str], body: bytes) -> str:
    """The operation's name, from either of the protocols that AWS speaks here."""
    target = headers.get("X-Amz-Target")
    return target.rpartition(".")[2] if target else parse_qs(body.decode()).get("Action", [""])[0]
