"""One running portal for all tests of this folder, on each kind of database."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from bin.lib.postgres import PrivatePostgres
from tests.e2e.database import looking_into
from tests.e2e.olivia import Olivia, settle
from tests.e2e.stack import Stack

ON_SQLITE = pytest.mark.parametrize("stack", ["sqlite"], indirect=True)
ON_DOCKER = pytest.mark.parametrize("stack", [pytest.param("docker", marks=pytest.mark.docker)], indirect=True)
EITHER_DATABASE = pytest.mark.parametrize(
    "stack", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture(scope="package")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The portal and everything below it, on the database that the test names; "docker": SQLite, and containers."""
    with portal(request.param, tmp_path_factory.mktemp("portal")) as running:
        yield running


@contextmanager
def portal(kind: str, folder: Path) -> Iterator[Stack]:
    """A portal of that kind, until this is left."""
    with ExitStack() as cleanup:
        made = Stack(folder, database(kind, folder, cleanup), "docker" if kind == "docker" else "process")
        cleanup.callback(made.stop)
        made.start()
        yield made


def database(kind: str, folder: Path, cleanup: ExitStack) -> str:
    """The URL of an empty database of that kind."""
    if kind != "postgres":
        return f"sqlite:///{folder / 'portal.sqlite3'}"
    server = PrivatePostgres.found()
    assert server
    return cleanup.enter_context(server)


@pytest.fixture
def olivia(stack: Stack, django_db_blocker) -> Iterator[Olivia]:
    """Olivia in front of the running portal; models look into the portal's own database."""
    with django_db_blocker.unblock(), looking_into(stack.database_url):
        yield settle(stack)
