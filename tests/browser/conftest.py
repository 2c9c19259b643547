"""A running portal with Acme in it, and people in front of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from portal.demo.people import PASSWORD
from tests.browser.visitor import Visitor
from tests.conftest import ROOT
from tests.e2e.stack import Stack

OLIVIA = "olivia@acme.example"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTLED = (
    "from portal.demo import infrastructure, people; "
    "infrastructure.account(*people.acme()); people.engineer(); people.finance()"
)


@pytest.fixture(scope="package")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The portal with Acme, whose AWS account is connected, an engineer and finance; nothing else yet."""
    folder = tmp_path_factory.mktemp("browser")
    running = Stack(folder, f"sqlite:///{folder / 'portal.sqlite3'}")
    try:
        running.start()
        environment = {**os.environ, **running.environment}
        subprocess.run([sys.executable, "manage.py", "shell", "-c", SETTLED], cwd=ROOT, env=environment, check=True)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def visit(portal: Stack, browser: Browser) -> Iterator[Callable[[str, str], Visitor]]:
    """Logs somebody in, who then sees the page with this heading; at the end nothing may be wrong with any page."""
    visitors: list[Visitor] = []

    def log_in(email: str, then: str) -> Visitor:
        visitor = Visitor(browser, portal.url)
        visitors.append(visitor)
        visitor.log_in(email, PASSWORD, then)
        return visitor

    yield log_in
    wrong = [complaint for visitor in visitors for complaint in visitor.wrong]
    for visitor in visitors:
        visitor.context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def olivia(visit: Callable[[str, str], Visitor]) -> Visitor:
    """The owner of Acme, on her overview."""
    return visit(OLIVIA, "Acme")
