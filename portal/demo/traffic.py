"""Requests sent through the load balancer while something is rolled out, and how many of them failed."""

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

PER_SECOND = 20
TIMEOUT_SECONDS = 5


@dataclass
class Traffic:
    """Context manager: asks `url` 20 times a second from a thread of its own until it is left."""

    url: str
    answered: Counter[str] = field(default_factory=Counter)  # by what the answer said of its version
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return self.answered.total() + len(self.failures)

    def _run(self) -> None:
        while not self._stop.wait(1 / PER_SECOND):
            try:
                self.answered[ask(self.url)] += 1
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{time.strftime('%H:%M:%S')} {error}")


def ask(url: str) -> str:
    """The version the sample application answers with at `url`; OSError for anything but a good answer."""
    return str(look(url)["version"])


def look(url: str) -> dict[str, str]:
    """What the sample application says of itself: name, version, greeting."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", parts.path or "/")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise OSError(f"{url} answered {answer.status}")
        found: dict[str, str] = json.loads(body)
        return found
    finally:
        connection.close()
