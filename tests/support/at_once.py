"""A program for the tests: on the database of DATABASE_URL two people change one ticket at the same moment, with
connections of their own. It writes what is left of each ticket as JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections, transaction  # noqa: E402

from portal.accounts.models import User  # noqa: E402
from portal.support import services  # noqa: E402
from portal.support.models import Message, Ticket  # noqa: E402
from tests.factories import TicketFactory, UserFactory  # noqa: E402

Act = Callable[[Ticket], object]


def replying(by: User, *, from_staff: bool) -> Act:
    return lambda ticket: services.reply(ticket, by, f"{by} writes.", from_staff=from_staff)


def closing(by: User) -> Act:
    return lambda ticket: services.close(ticket, by)


def at_once(first: Act, second: Act) -> dict[str, Any]:
    """`second` begins before the transaction of `first` ends."""
    ticket = TicketFactory()
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            first(ticket)
            other = pool.submit(with_own_connection, second, ticket)
            wait_for_the_other()
        other.result(timeout=30)
    return left_of(Ticket.objects.get(pk=ticket.pk))


def with_own_connection(act: Act, ticket: Ticket) -> None:
    act(ticket)
    connections.close_all()


def wait_for_the_other() -> None:
    """Until the other waits for this transaction; SQLite does not tell."""
    if connection.vendor == "sqlite":
        time.sleep(0.5)
        return
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.02)
    raise SystemExit("The other did not wait: nothing was at once.")


def left_of(ticket: Ticket) -> dict[str, Any]:
    return {
        "state": ticket.state,
        "steps": list(ticket.steps.values_list("from_state", "to_state")),
        "said": list(Message.objects.filter(ticket=ticket).values_list("body", flat=True)),
        "assignee": str(ticket.assignee or ""),
    }


def main() -> None:
    call_command("migrate", verbosity=0)
    bob, erin, emma = UserFactory(name="Bob"), UserFactory(name="Erin"), UserFactory(name="Emma")
    left = {
        "close, reply": at_once(closing(erin), replying(bob, from_staff=False)),
        "answer, answer": at_once(replying(erin, from_staff=True), replying(emma, from_staff=True)),
        "answer, reply": at_once(replying(erin, from_staff=True), replying(bob, from_staff=False)),
        "reply, close": at_once(replying(bob, from_staff=False), closing(erin)),
        "close, close": at_once(closing(erin), closing(bob)),
    }
    sys.stdout.write(json.dumps(left))


if __name__ == "__main__":
    main()
