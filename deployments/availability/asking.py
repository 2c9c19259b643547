"""Asks the addresses of a batch of places, and writes down what they said."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import chain, zip_longest

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from deployments.availability import outside, rules, selectors
from deployments.availability.outside import Address
from deployments.models import Availability, Placement
from portal.core.work.shares import Hold

BATCH = 16  # places of one customer that one task asks
AT_ONCE = 8  # of them at the same time: a batch that hangs takes 10 seconds
SLOW = 0.8  # of a question's time: whoever takes longer is in trouble
_CHANGED = ("missed", "missed_since", "failing_since", "health")


def batches() -> list[list[int]]:
    """All places to ask, in batches of one customer each; the first of every customer comes before anyone's second."""
    by_customer: dict[int, list[int]] = {}
    for customer, pk in selectors.asked_from_outside().order_by("pk").values_list("customer", "pk"):
        by_customer.setdefault(customer, []).append(pk)
    cut = [[pks[at : at + BATCH] for at in range(0, len(pks), BATCH)] for pks in by_customer.values()]
    return [batch for batch in chain.from_iterable(zip_longest(*cut)) if batch]


def key_of(pks: Sequence[int]) -> str:
    """The share of a worker that these places, which are of one customer, are asked in."""
    customer = Placement.objects.filter(pk__in=pks).values_list("customer", flat=True).first()
    return f"outside {customer}"


def ask(pks: Sequence[int], hold: Hold | None = None) -> None:
    """Asks each once. Places that went away since are left out."""
    rows = selectors.asked_from_outside().filter(pk__in=pks).select_related("service", "environment__account")
    placed = {row.pk: row for row in rows}
    addresses = {pk: address for pk, row in placed.items() if (address := rules.address_of(row))}
    began = time.monotonic()
    said = _ask_all(addresses)
    if hold:
        hold.trouble = time.monotonic() - began > outside.SECONDS * SLOW
        hold.answered = not hold.trouble
    _write_down({pk: placed[pk] for pk in addresses}, said)


def _ask_all(addresses: Mapping[int, Address]) -> dict[int, bool]:
    """What each said; those that are not through in the time of the whole batch did not answer."""
    longest = outside.SECONDS * -(-len(addresses) // AT_ONCE) + 1
    pool = ThreadPoolExecutor(AT_ONCE)
    local = bool(settings.AWS_ENDPOINT_URL)
    asked = {pk: pool.submit(outside.answers, each, allow_local=local) for pk, each in addresses.items()}
    through, _ = wait(asked.values(), timeout=longest)
    pool.shutdown(wait=False, cancel_futures=True)
    return {pk: future in through and future.result() for pk, future in asked.items()}


def _write_down(placed: Mapping[int, Placement], said: Mapping[int, bool]) -> None:
    now, month = timezone.now(), selectors.this_month()
    changed = [row for pk, row in placed.items() if rules.by_answer(row, answered=said[pk], now=now)]
    Placement.objects.bulk_update(changed, _CHANGED, batch_size=200)
    new = [Availability(customer_id=row.customer_id, placement=row, month=month) for row in placed.values()]
    Availability.objects.bulk_create(new, ignore_conflicts=True)
    counted = Availability.objects.filter(placement__in=placed, month=month)
    counted.update(asked=F("asked") + 1)
    counted.filter(placement__in=[pk for pk, yes in said.items() if yes]).update(answered=F("answered") + 1)
