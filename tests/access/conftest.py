"""The world of the access walk, in which AWS refuses everything at once and Consul and Redis are away."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests import factories
from tests.access import world as worlds
from tests.conftest import free_port

SENTENCE = "The access walk changes nothing."
JSON = f'{{"__type": "AccessDeniedException", "message": "{SENTENCE}"}}'
XML = f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{SENTENCE}</Message></Error></ErrorResponse>"


class Refusing(BaseHTTPRequestHandler):
    """Answers like an AWS that allows nothing, so that no page waits for a network."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_query = "urlencoded" in self.headers.get("Content-Type", "")
        body = (XML if is_query else JSON).encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Silent."""


@pytest.fixture(scope="session")
def refusing_aws() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(settings, refusing_aws, acme, alice, bob, charlie, erin, fred):
    settings.AWS_ENDPOINT_URL, settings.CONSUL_URL = refusing_aws, ""
    settings.RQ_QUEUES = {"documents": {"URL": f"redis://127.0.0.1:{free_port()}/0"}}
    people = {
        "anonymous": None,
        "viewer": factories.member(acme, "viewer"),
        "developer": bob,
        "billing": factories.member(acme, "billing"),
        "owner": alice,
        "viewer here": factories.member(acme, "developer"),
        "developer here": factories.member(acme, "viewer"),
        "stranger": charlie,
        "engineer": erin,
        "finance": fred,
    }
    return worlds.build(acme, people)
