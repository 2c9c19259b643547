"""Some customers' AWS does not answer: looks at the others' are done in the time they take alone."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from portal.core.work.shares import Full, Shares, shares
from provisioning.aws.ecs import describe_services
from provisioning.aws.errors import AwsProblem
from provisioning.aws.patience import LOOK, PAGE, STEP
from provisioning.aws.session import AwsEndpoint, AwsSession, KeyAccess, forget_clients
from provisioning.sessions import session_for
from tests import factories

THREADS, LOOKS = 16, 20
NOTHING = b'{"services": [], "failures": []}'


class Worker:
    """A pool of threads, and a queue that brings back what found its share full."""

    def __init__(self) -> None:
        self.shares, self.pool, self.closed = Shares(THREADS), ThreadPoolExecutor(THREADS), False

    def look(self, session: AwsSession, key: str, done: "Future[None]") -> None:
        try:
            with self.shares.hold(key), suppress(AwsProblem):
                describe_services(session, "cluster", ("web",))
            done.set_result(None)
        except Full as full:
            again = threading.Timer(full.seconds, self.send, (session, key, done))
            again.daemon = True
            again.start()

    def send(self, session: AwsSession, key: str, done: "Future[None]") -> None:
        if not self.closed:
            self.pool.submit(self.look, session, key, done)

    def seconds_for(self, session: AwsSession, key: str) -> float:
        """Until all of a customer's looks are done, which are asked for at once."""
        began, asked = time.monotonic(), [Future[None]() for _ in range(LOOKS)]
        for done in asked:
            self.send(session, key, done)
        for done in asked:
            done.result(timeout=60)
        return time.monotonic() - began


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(0.04)
        self.send_response(200)
        self.send_header("Content-Length", str(len(NOTHING)))
        self.end_headers()
        self.wfile.write(NOTHING)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def healthy() -> Iterator[AwsSession]:
    """An account whose AWS answers after 40 ms."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield session_at(server.server_port)
        server.shutdown()
    forget_clients()


@pytest.fixture
def silent() -> Iterator[AwsSession]:
    """An account whose AWS takes every question and answers none."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield session_at(server.getsockname()[1])


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.closed = True
    worker.pool.shutdown(wait=False, cancel_futures=True)


def session_at(port: int) -> AwsSession:
    return AwsSession(KeyAccess("a", "b"), "eu-west-1", AwsEndpoint(f"http://127.0.0.1:{port}"), patience=LOOK)


@pytest.mark.parametrize("neighbours", [1, 4])
def test_accounts_that_do_not_answer_hold_up_nobody_else(worker, healthy, silent, neighbours):
    describe_services(healthy, "cluster", ("web",))  # reading botocore's descriptions is not what is measured
    alone = worker.seconds_for(healthy, "acme")

    for number in range(neighbours):
        for _ in range(10):
            worker.send(silent, f"silent {number}", Future())
    time.sleep(0.5)

    assert worker.seconds_for(healthy, "acme") < alone * 10
    assert sum(worker.shares._busy.values()) > 0  # they were held up all the while


def test_an_account_that_does_not_answer_gets_one_thread_afterwards(worker, silent):
    steps = [Future() for _ in range(3)]
    for done in steps:
        worker.send(silent, "tulp", done)
    for done in steps:
        done.result(timeout=60)

    with worker.shares.hold("tulp"), pytest.raises(Full), worker.shares.hold("tulp"):
        pass
    assert worker.shares.pace("tulp", 1) > 1


def test_a_look_at_an_aws_that_was_too_slow_waits_longer_until_it_has_answered(db):
    tulp, acme = factories.AwsAccountFactory(), factories.AwsAccountFactory()
    for trouble, patience in ((True, STEP), (False, LOOK)):
        with shares.hold(str(tulp.pk)) as hold:
            hold.trouble, hold.answered = trouble, not trouble

        assert session_for(tulp, "eu-west-1", LOOK).patience == patience
        assert session_for(tulp, "eu-west-1", PAGE).patience == PAGE
        assert session_for(acme, "eu-west-1", LOOK).patience == LOOK
