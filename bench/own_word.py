"""When ECS itself says that a rollout is over: asked each 20 ms, by nobody's door."""

import http.client
import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.stack import ACCOUNT, REGION

LISTEN_SECONDS = 0.02
SERVICES_PER_CALL = 10


@dataclass
class OwnWord:
    """`completed` is by service: the first moment (time.time()) its new PRIMARY deployment was COMPLETED."""

    port: int
    cluster: str
    services: tuple[str, ...]
    completed: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self._before = {each["id"] for service in self.ask(self.services) for each in service["deployments"]}

    def ask(self, names: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The services as ECS describes them."""
        names = list(names)
        for at in range(0, len(names), SERVICES_PER_CALL):
            yield from describe(self._connection, self.cluster, names[at : at + SERVICES_PER_CALL])

    def listen(self, enough: threading.Event) -> None:
        """Notes who is over, until all are or it is enough."""
        while not enough.wait(LISTEN_SECONDS) and len(self.completed) < len(self.services):
            for service in self.ask(name for name in self.services if name not in self.completed):
                if any(map(self._is_complete, service["deployments"])):
                    self.completed[service["serviceName"]] = time.time()

    def _is_complete(self, deployment: dict[str, Any]) -> bool:
        is_new = deployment["status"] == "PRIMARY" and deployment["id"] not in self._before
        return is_new and deployment["rolloutState"] == "COMPLETED"


@contextmanager
def listening(port: int, cluster: str, services: tuple[str, ...]) -> Iterator[OwnWord]:
    """An OwnWord that listens beside what happens in the block, and at its end has heard of all."""
    word, enough = OwnWord(port, cluster, services), threading.Event()
    thread = threading.Thread(target=word.listen, args=(enough,), daemon=True)
    thread.start()
    try:
        yield word
        thread.join(10)
    finally:
        enough.set()
        thread.join()


def describe(connection: http.client.HTTPConnection, cluster: str, names: list[str]) -> list[dict[str, Any]]:
    """DescribeServices at the price of one small request: no signature, no library. At most ten names."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.DescribeServices",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/ecs/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    connection.request("POST", "/", json.dumps({"cluster": cluster, "services": names}), headers)
    services: list[dict[str, Any]] = json.loads(connection.getresponse().read())["services"]
    return services


def is_quiet(service: dict[str, Any]) -> bool:
    """Whether nothing of an earlier rollout goes on."""
    running, wanted = service["runningCount"], service["desiredCount"]
    return len(service["deployments"]) == 1 and running == wanted and not service["pendingCount"]
