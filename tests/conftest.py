"""What every test shares: the three fixed people, and which engines this machine has."""

import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from portal.accounts.models import Customer, User
from portal.core import outbox
from portal.core.work import turns
from tests import factories

ROOT = Path(__file__).resolve().parent.parent


def _docker_answers() -> bool:
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False).returncode == 0


def _consul_found() -> bool:
    return bool(shutil.which("consul")) or (ROOT / ".dev/consul/root/usr/bin/consul").exists()


def _postgres_server() -> bool:
    return bool(list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb"))


ENGINES = {
    "docker": (_docker_answers, "no Docker engine answers"),
    "localaws": (
        (ROOT / ".dev/localaws/bin/python").exists,
        "the local AWS is not installed in .dev/localaws",
    ),
    "postgres": (_postgres_server, "no PostgreSQL server is installed"),
    "consul": (_consul_found, "no Consul binary was found (bin/consul-get)"),
    "browser": (lambda: bool(shutil.which("chromium") or shutil.which("google-chrome")), "no Chromium is installed"),
    "gettext": (lambda: bool(shutil.which("msgfilter")), "GNU gettext is not installed"),
    "redis": (lambda: bool(shutil.which("redis-server")), "no redis-server is installed"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips, and says why, the tests whose engine this machine lacks."""
    wanted = {name for name in ENGINES if any(item.get_closest_marker(name) for item in items)}
    missing = {name: ENGINES[name][1] for name in wanted if not ENGINES[name][0]()}
    for item in items:
        for name, why in missing.items():
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _open_doors() -> None:
    """No test suffers from a queue or an AWS that was away in another."""
    outbox.queue_door.open()
    turns.broker.open()
    turns.shares.forget()


@pytest.fixture
def acme(db) -> Customer:
    return factories.CustomerFactory(name="Acme", slug="acme")


@pytest.fixture
def alice(acme: Customer) -> User:
    """The owner of Acme."""
    return factories.member(acme, "owner", name="Alice", email="alice@acme.example")


@pytest.fixture
def bob(acme: Customer) -> User:
    """Alice's team mate, a developer."""
    return factories.member(acme, "developer", name="Bob", email="bob@acme.example")


@pytest.fixture
def charlie(db) -> User:
    """A stranger: the owner of another customer."""
    return factories.member(
        factories.CustomerFactory(name="Other", slug="other"), "owner", name="Charlie", email="charlie@other.example"
    )


@pytest.fixture
def erin(db) -> User:
    """An in4it engineer."""
    return factories.UserFactory(name="Erin", email="erin@in4it.example", staff_role="engineer")


@pytest.fixture
def fred(db) -> User:
    """in4it's finance."""
    return factories.UserFactory(name="Fred", email="fred@in4it.example", staff_role="finance")


@pytest.fixture
def browse():
    """A test client logged in as somebody."""

    def as_user(user: User | None) -> Client:
        client = Client()
        if user:
            client.force_login(user)
        return client

    return as_user


@pytest.fixture
def empty_database(db, tmp_path) -> Iterator[str]:
    """The URL of a new database of the suite's kind, for programs that need connections of their own."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'own.sqlite3'}"
        return
    facts = connection.settings_dict
    server = f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}"
    name = f"own_{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield f"{server}/{name}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where nothing may be skipped (.ci/run), a skipped test is a failure."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("NOTHING_SKIPPED"):
        terminalreporter.write_line(f"{len(skipped)} tests were skipped, and here nothing may be.", red=True)
        pytest.exit("Skipped tests count as failed here.", returncode=1)
