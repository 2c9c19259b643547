"""A program for the tests: fills the database of DATABASE_URL, then bills a month with several processes at once.

`processes.py CUSTOMERS SUBSCRIPTIONS DRAFTERS ISSUERS` writes what it left behind as JSON.
"""

import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from billing import services  # noqa: E402
from billing.models import Charge, Invoice, NumberSeries  # noqa: E402
from billing.rules.terms import Month  # noqa: E402
from portal.core.caller import SYSTEM  # noqa: E402
from tests.factories import ApplicationFactory, CustomerFactory, SubscriptionFactory  # noqa: E402

OCTOBER = Month(2026, 10)


def seed(customers: int, subscriptions: int) -> None:
    rows = [CustomerFactory() for _ in range(customers)]
    for count in range(subscriptions):
        application = ApplicationFactory(customer=rows[count % customers])
        SubscriptionFactory(application=application, starts_on=OCTOBER.first_day)


def at_once(processes: int, work: Callable[[int], Any]) -> None:
    """Runs `work(index)` in as many processes, which start together; each has connections of its own."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(processes)

    def child(index: int) -> None:
        start.wait()
        work(index)
        connections.close_all()

    children = [fork.Process(target=child, args=(index,)) for index in range(processes)]
    for process in children:
        process.start()
    for process in children:
        process.join()
    if any(process.exitcode for process in children):
        raise SystemExit("A process failed.")


def make_drafts(_: int) -> None:
    if failed := services.make_drafts(OCTOBER).failed:
        raise SystemExit(str(failed))


def issue_own(index: int, of: int) -> None:
    for invoice in Invoice.objects.select_related("customer").order_by("pk")[index::of]:
        services.issue(invoice, SYSTEM, date(2026, 11, 2))


def main(customers: int, subscriptions: int, drafters: int, issuers: int) -> None:
    call_command("migrate", verbosity=0)
    seed(customers, subscriptions)
    at_once(drafters, make_drafts)
    drafted = Charge.objects.count()
    at_once(issuers, lambda index: issue_own(index, issuers))
    left = {
        "charges": drafted,
        "numbers": sorted(Invoice.objects.values_list("number", flat=True)),
        "last": NumberSeries.objects.get().last,
    }
    sys.stdout.write(json.dumps(left))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
