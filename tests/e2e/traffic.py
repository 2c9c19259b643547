"""Thirty requests a second through the load balancer, of four kinds, and what became of each."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from queue import Empty, SimpleQueue
from typing import Self
from urllib.parse import urlsplit

# One second of requests, spread evenly: pages, forms with a body, forms on kept connections, and one that takes 5 s.
SECOND = ("get", "post", "kept") * 9 + ("get", "post", "slow")
PER_SECOND = len(SECOND)
SENDERS = 96  # threads: five slow seconds of one slow request, and whatever a service that hangs holds up
TIMEOUT = 60.0  # seconds; as long as AWS's load balancer waits


@dataclass(frozen=True)
class Request:
    """One request: when it began and ended (epoch), the version that answered, and what was wrong, if anything."""

    kind: str
    began: float
    ended: float
    version: str
    problem: str = ""

    def was_on_the_way(self, at: float) -> bool:
        return self.began <= at <= self.ended


@dataclass
class Traffic:
    """Context manager: sends until it is left, then waits for the last answers. `url` ends with a slash."""

    url: str
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        self._host, self._path = parts.netloc, parts.path
        self._kept: SimpleQueue[http.client.HTTPConnection] = SimpleQueue()
        self._over = threading.Event()
        self._numbers = count(1)

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(SENDERS)
        self._clock = threading.Thread(target=self._tick, daemon=True)
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._clock.join()
        self._pool.shutdown()

    @property
    def lost(self) -> list[Request]:
        """Those that got no answer, a wrong one, or an error."""
        return [request for request in self.requests if request.problem]

    @property
    def served(self) -> Counter[str]:
        """How many right answers each version gave."""
        return Counter(request.version for request in self.requests if not request.problem)

    def _tick(self) -> None:
        began = time.monotonic()
        for number, kind in enumerate(cycle(SECOND)):
            if self._over.wait(max(0.0, began + number / PER_SECOND - time.monotonic())):
                return
            self._pool.submit(self._send, kind)

    def _send(self, kind: str) -> None:
        began, version, problem = time.time(), "", ""
        try:
            version, problem = KINDS[kind](self)
        except (OSError, http.client.HTTPException) as error:
            problem = repr(error)
        self.requests.append(Request(kind, began, time.time(), version, problem))

    def get(self) -> tuple[str, str]:
        with self._new() as connection:
            return _ask(connection, self._path)

    def slow(self) -> tuple[str, str]:
        with self._new() as connection:
            return _ask(connection, f"{self._path}slow")

    def post(self) -> tuple[str, str]:
        with self._new() as connection:
            return self._form(connection)

    def kept(self) -> tuple[str, str]:
        """The connection is used again and again, and opened anew only when the other side said that it closes it."""
        try:
            connection = self._kept.get_nowait()
        except Empty:
            connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT)
        try:
            return self._form(connection)
        except BaseException:
            connection.close()
            raise
        finally:
            self._kept.put(connection)

    def _form(self, connection: http.client.HTTPConnection) -> tuple[str, str]:
        return _ask(connection, self._path, f"form {next(self._numbers)} {'x' * 2000}".encode())

    @contextmanager
    def _new(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT)
        try:
            yield connection
        finally:
            connection.close()


KINDS: dict[str, Callable[[Traffic], tuple[str, str]]] = {
    "get": Traffic.get,
    "post": Traffic.post,
    "kept": Traffic.kept,
    "slow": Traffic.slow,
}


def _ask(connection: http.client.HTTPConnection, path: str, body: bytes | None = None) -> tuple[str, str]:
    """The version that answered, and what is wrong with its answer: an echo must be the body."""
    connection.request("POST" if body else "GET", path, body)
    answer = connection.getresponse()
    content = answer.read()
    version = answer.headers.get("X-Version", "")
    if answer.status != 200:
        return version, f"{answer.status} {content[:120]!r}"
    return version, "" if content == (body or version.encode()) else f"another answer: {content[:120]!r}"
