"""The sample application, run as the plain program it is."""

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from provisioning.localaws.sample.images import SAMPLE, health_command
from tests.localaws.conftest import free_port
from tests.localaws.site import until

Run = Callable[..., tuple[subprocess.Popen[str], int]]


@pytest.fixture
def run() -> Iterator[Run]:
    started: list[subprocess.Popen[str]] = []

    def start(**variables: str) -> tuple[subprocess.Popen[str], int]:
        port = free_port()
        env = os.environ | {"HOST": "127.0.0.1", "PORT": str(port), "APP_NAME": "shop", "APP_VERSION": "7"} | variables
        started.append(
            subprocess.Popen(
                [sys.executable, str(SAMPLE)], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        )
        return started[-1], port

    yield start
    for process in started:
        process.kill()
        process.communicate()


def get(port: int, path: str = "/") -> dict[str, str | None]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return dict(json.load(answer))


def listening(port: int) -> bool:
    try:
        get(port, "/health")
    except OSError:
        return False
    return True


def answers(port: int) -> bool:
    try:
        get(port)
    except OSError:
        return False
    return True


@pytest.fixture
def consul() -> Iterator[tuple[str, dict[str, str]]]:
    """A store with one greeting, and what was asked of it."""
    asked: dict[str, str] = {}

    class Store(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.update(path=self.path, token=self.headers.get("X-Consul-Token", ""))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello from the store")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def test_it_shows_its_name_its_version_and_the_greeting_it_read_at_the_start(run: Run, consul):
    address, asked = consul

    _, port = run(CONSUL_HTTP_ADDR=address, CONSUL_PREFIX="acme/dev/shop/", CONSUL_HTTP_TOKEN="s3cret")
    assert until(lambda: listening(port))

    assert get(port) == {"name": "shop", "version": "7", "greeting": "hello from the store"}
    assert asked == {"path": "/v1/kv/acme/dev/shop/greeting?raw", "token": "s3cret"}


def test_without_the_store_it_starts_with_no_greeting_and_says_so_in_its_log(run: Run):
    process, port = run(CONSUL_HTTP_ADDR="127.0.0.1:9", CONSUL_PREFIX="acme/")
    assert until(lambda: listening(port))

    assert get(port)["greeting"] is None
    process.terminate()
    assert "greeting: could not read acme/greeting from Consul" in process.communicate(timeout=10)[0]


def test_a_browser_gets_a_page_with_the_greeting_escaped(run: Run):
    _, port = run(APP_NAME="<b>shop</b>")
    assert until(lambda: listening(port))

    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Accept": "text/html"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert "<h1>&lt;b&gt;shop&lt;/b&gt; 7</h1>" in answer.read().decode()


def test_asked_to_stop_it_ends_well(run: Run):
    process, port = run()
    assert until(lambda: listening(port))

    process.terminate()

    assert process.wait(5) == 0


def test_the_crash_fault_ends_with_its_own_code(run: Run):
    process, _ = run(APP_FAULT="crash")

    assert process.wait(10) == 3


@pytest.mark.parametrize("runtime", ["docker", "process"])
@pytest.mark.parametrize(("fault", "healthy"), [("", True), ("unhealthy", False)])
def test_the_check_inside_its_container_tells_whether_it_is_healthy(run: Run, runtime, fault, healthy):
    _, port = run(APP_FAULT=fault)
    assert until(lambda: answers(port))

    done = subprocess.run(health_command(runtime), env=os.environ | {"PORT": str(port)}, check=False)

    assert (done.returncode == 0) is healthy


def test_the_check_fails_where_nothing_listens():
    done = subprocess.run(health_command("docker"), env=os.environ | {"PORT": str(free_port())}, check=False)

    assert done.returncode == 1
