"""Redis is away while mails, documents and work are asked for: each of them is done afterwards.

Away for REDIS_AWAY_SECONDS: a few here, a minute in bin/soak.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes

import pytest

from billing import services as billing
from billing.models import Invoice
from billing.rules.terms import Month
from portal.core.caller import SYSTEM
from portal.core.models import Outgoing
from provisioning import states
from tests import factories
from tests.e2e.conftest import EITHER_DATABASE
from tests.e2e.olivia import Olivia, arrived, until
from tests.e2e.stack import Stack
from tests.e2e.visitor import moved_on

pytestmark = [pytest.mark.redis, pytest.mark.localaws, pytest.mark.xdist_group("e2e"), EITHER_DATABASE]

AWAY = float(os.environ.get("REDIS_AWAY_SECONDS", "6"))
INVITATIONS, TICKETS, INVOICES = 8, 7, 4  # with the plan of an environment: 20
PAGE_SECONDS = 3


@pytest.fixture(autouse=True)
def said(stack: Stack) -> Iterator[list[str]]:
    """What ends by itself is started again."""
    with stack.kept_running() as lines:
        yield lines


def test_what_is_asked_for_while_redis_is_away_is_done_afterwards(olivia: Olivia, settings):
    url = f"redis://127.0.0.1:{olivia.stack.redis_port}/0"
    settings.RQ_QUEUES = {name: {"URL": url} for name in settings.RQ_QUEUES}
    _subscribers()
    olivia.stack.kill("redis")
    away_at, slowest = time.monotonic(), 0.0
    try:
        for number in range(INVITATIONS):
            slowest = max(slowest, _seconds(lambda number=number: _invite(olivia, number)))
        for number in range(TICKETS):
            slowest = max(slowest, _seconds(lambda number=number: _ask(olivia, number)))
        environment = olivia.plan("Outage")
        issued = _invoices()
        time.sleep(max(0.0, AWAY - (time.monotonic() - away_at)))
        undone = Outgoing.waiting.count()
    finally:
        olivia.stack.start_redis()

    assert undone == INVITATIONS + TICKETS + INVOICES
    assert slowest < PAGE_SECONDS
    until(lambda: not Outgoing.objects.filter(done_at=None).exists())
    arrived(environment, states.PLANNED)
    assert all(bytes(pdf).startswith(b"%PDF") for pdf in issued.values_list("pdf", flat=True))
    assert _mails(olivia.stack) == Counter(
        {
            **{f"guest{number}@acme.example": 1 for number in range(INVITATIONS)},
            **{f"Question {number}": 1 for number in range(TICKETS)},
        }
    )


def _invite(olivia: Olivia, number: int) -> None:
    page = olivia.browser.fill(f"{olivia.home}/people/invite/", email=f"guest{number}@acme.example", role="viewer")
    assert page.ok, page.text


def _ask(olivia: Olivia, number: int) -> None:
    values = {"subject": f"Question {number}", "priority": "normal", "body": "How?"}
    moved_on(olivia.browser.fill(f"{olivia.home}/support/tickets/new/", **values))


def _seconds(act) -> float:
    started = time.monotonic()
    act()
    return time.monotonic() - started


def _subscribers() -> None:
    factories.PlanFactory()
    for _ in range(INVOICES):
        factories.SubscriptionFactory(starts_on=date(2026, 9, 1))


def _invoices():
    """Issued from a shell, as it were: by the service, which starts the rest itself."""
    month = Month(2026, 10)
    billing.make_drafts(month)
    result = billing.issue_all(month, SYSTEM, date(2026, 11, 2))
    assert (len(result.invoices), result.failed) == (INVOICES, ())
    return Invoice.objects.filter(pk__in=[invoice.pk for invoice in result.invoices])


def _mails(stack: Stack) -> Counter[str]:
    """How often each guest was written to, and support about each question."""
    found: Counter[str] = Counter()
    for path in (stack.folder / "mail").glob("*.log"):
        for text in path.read_bytes().split(b"-" * 79 + b"\n"):
            mail = message_from_bytes(text.lstrip())
            if str(mail["To"]).startswith("guest"):
                found[str(mail["To"])] += 1
            elif "Question" in str(mail["Subject"]):
                found[str(mail["Subject"]).partition(" ")[2]] += 1
    return found
