"""Who may do what with a real Consul that denies by default, and what happens when none answers."""

import socket
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests

from deployments.consul import Change, ConsulDenied, ConsulStore, ConsulUnavailable
from tests.consul.agent import free_ports, start_consul, stop_consul

MANAGEMENT_TOKEN = "8ec9d1c2-0a4e-4f4b-9a53-53b0a7c8d101"
UNKNOWN_TOKEN = "00000000-1111-2222-3333-444444444444"
APP1, APP10 = "acme/dev/app1/", "acme/dev/app10/"

StoreWith = Callable[[str], ConsulStore]


@pytest.fixture(scope="module")
def guarded_url(has_consul: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    acl = {"enabled": True, "default_policy": "deny", "tokens": {"master": MANAGEMENT_TOKEN}}
    process, url = start_consul(tmp_path_factory.mktemp("guarded"), {"acl": acl})
    try:
        wait_until_tokens_work(url)
        yield url
    finally:
        stop_consul(process)


def wait_until_tokens_work(url: str) -> None:
    deadline = time.monotonic() + 10
    while requests.get(f"{url}/v1/acl/tokens", headers=management(), timeout=1).status_code != 200:
        assert time.monotonic() < deadline, "Consul's access rules did not start"
        time.sleep(0.05)


def management() -> dict[str, str]:
    return {"X-Consul-Token": MANAGEMENT_TOKEN}


def make_token(url: str, prefix: str, policy: str) -> str:
    name = prefix.strip("/").replace("/", "-") + f"-{policy}"
    rules = f'key_prefix "{prefix}" {{ policy = "{policy}" }}'
    for path, body in (
        ("policy", {"Name": name, "Rules": rules}),
        ("token", {"Policies": [{"Name": name}]}),
    ):
        made = requests.put(f"{url}/v1/acl/{path}", json=body, headers=management(), timeout=3)
        made.raise_for_status()
    return str(made.json()["SecretID"])


@pytest.fixture
def store_with(guarded_url: str) -> StoreWith:
    return lambda token: ConsulStore(guarded_url, token)


@pytest.fixture(scope="module")
def writer_of_app1(guarded_url: str) -> str:
    return make_token(guarded_url, APP1, "write")


@pytest.fixture(scope="module")
def reader_of_app1(guarded_url: str) -> str:
    return make_token(guarded_url, APP1, "read")


@pytest.fixture
def app1_and_app10(store_with: StoreWith) -> Iterator[None]:
    """Both services have the key `level`, and lose all they have afterwards."""
    keeper = store_with(MANAGEMENT_TOKEN)
    for prefix in (APP1, APP10):
        keeper.save(prefix, [Change("level", "info", 0)])
    yield
    for prefix in (APP1, APP10):
        keeper.save(prefix, [Change(entry.key, None, entry.modify_index) for entry in keeper.read(prefix).entries])


@pytest.mark.consul
@pytest.mark.usefixtures("app1_and_app10")
class TestDefaultDeny:
    def test_a_token_for_app1_reads_and_writes_app1(self, store_with: StoreWith, writer_of_app1: str) -> None:
        store = store_with(writer_of_app1)

        store.save(APP1, [Change("new", "1", 0)])

        assert [entry.key for entry in store.read(APP1).entries] == ["level", "new"]

    def test_a_token_for_app1_sees_nothing_of_app10(self, store_with: StoreWith, writer_of_app1: str) -> None:
        assert store_with(writer_of_app1).read(APP10).entries == ()

    def test_a_token_for_app1_changes_nothing_of_app10(self, store_with: StoreWith, writer_of_app1: str) -> None:
        with pytest.raises(ConsulDenied) as refused:
            store_with(writer_of_app1).save(APP10, [Change("new", "1", 0)])

        assert str(refused.value) == (
            "Consul does not allow the portal to change keys under acme/dev/app10/. Nothing was saved."
        )
        assert store_with(MANAGEMENT_TOKEN).read(APP10).get("new") is None

    def test_a_read_token_changes_nothing(self, store_with: StoreWith, reader_of_app1: str) -> None:
        store = store_with(reader_of_app1)
        entry = store.read(APP1).get("level")
        assert entry is not None

        with pytest.raises(ConsulDenied):
            store.save(APP1, [Change("level", "debug", entry.modify_index)])

        assert store.read(APP1).get("level") == entry

    def test_an_unknown_token_is_denied(self, store_with: StoreWith, guarded_url: str) -> None:
        store = store_with(UNKNOWN_TOKEN)
        sentence = f"Consul at {guarded_url} refuses the portal: its token is unknown or lacks the right."

        with pytest.raises(ConsulDenied, match=sentence):
            store.read(APP1)
        with pytest.raises(ConsulDenied, match=sentence):
            store.save(APP1, [Change("new", "1", 0)])

    def test_without_a_token_a_service_looks_empty_and_cannot_be_changed(self, store_with: StoreWith) -> None:
        store = store_with("")

        assert store.read(APP1).entries == ()
        with pytest.raises(ConsulDenied):
            store.save(APP1, [Change("new", "1", 0)])

    def test_nothing_in_the_surroundings_replaces_address_or_token(
        self, store_with: StoreWith, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CONSUL_HTTP_ADDR", "http://127.0.0.1:1")
        monkeypatch.setenv("CONSUL_HTTP_SSL", "true")
        monkeypatch.setenv("CONSUL_HTTP_TOKEN", UNKNOWN_TOKEN)

        assert store_with(MANAGEMENT_TOKEN).read(APP1).get("level") is not None
        assert store_with("").read(APP1).entries == ()


def test_no_value_shows_in_a_repr() -> None:
    assert repr(Change("password", "s3cret", 3)) == "Change(key='password', base_index=3)"


@pytest.mark.parametrize("url", ["", "consul:8500", "ftp://consul", "http://"])
def test_an_address_that_is_no_url_is_a_bug(url: str) -> None:
    with pytest.raises(ValueError, match="is no address of a Consul"):
        ConsulStore(url)


class TestNobodyThere:
    @pytest.fixture
    def url(self) -> str:
        return f"http://127.0.0.1:{free_ports(1)[0]}"

    def test_a_read_says_so(self, url: str) -> None:
        with pytest.raises(ConsulUnavailable) as failed:
            ConsulStore(url).read(APP1)

        assert str(failed.value) == f"Consul at {url} cannot be reached."

    def test_a_save_says_how_to_learn_what_became_of_it(self, url: str) -> None:
        with pytest.raises(ConsulUnavailable) as failed:
            ConsulStore(url).save(APP1, [Change("a", "1", 0)])

        assert str(failed.value) == (
            f"Consul at {url} cannot be reached. Reload the page to see whether your change was saved."
        )


def test_a_consul_that_keeps_silent_is_given_up_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()

        with pytest.raises(ConsulUnavailable, match=f"Consul at {url} did not answer in time"):
            ConsulStore(url, timeout=0.2).read(APP1)

    assert time.monotonic() - started < 2


class TestSomethingElseAnswers:
    @pytest.fixture
    def answering(self) -> Iterator[Callable[[int, str], str]]:
        """Start a server that answers everything alike; gives its URL."""
        servers: list[HTTPServer] = []

        def start(status: int, text: str) -> str:
            class Answer(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(text.encode())

                def do_PUT(self) -> None:
                    self.do_GET()

                def log_message(self, *_: Any) -> None:
                    """Stay quiet."""

            servers.append(HTTPServer(("127.0.0.1", 0), Answer))
            Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.02}).start()
            return f"http://127.0.0.1:{servers[-1].server_port}"

        yield start
        for server in servers:
            server.shutdown()
            server.server_close()

    @pytest.mark.parametrize(("status", "text"), [(404, ""), (200, "<h1>Hello</h1>"), (400, "eh?")])
    def test_a_save_is_not_taken_for_done(self, answering: Callable[[int, str], str], status: int, text: str) -> None:
        url = answering(status, text)

        with pytest.raises(ConsulUnavailable, match="gave an answer that is not Consul's: check the address"):
            ConsulStore(url).save(APP1, [Change("a", "1", 0)])

    def test_a_read_is_not_taken_for_empty(self, answering: Callable[[int, str], str]) -> None:
        with pytest.raises(ConsulUnavailable, match="gave an answer that is not Consul's"):
            ConsulStore(answering(404, "")).read(APP1)

    def test_a_cluster_without_a_leader_is_named(self, answering: Callable[[int, str], str]) -> None:
        store = ConsulStore(answering(500, "No cluster leader"))

        with pytest.raises(ConsulUnavailable, match="has no leader at the moment: nothing can be saved until"):
            store.save(APP1, [Change("a", "1", 0)])
