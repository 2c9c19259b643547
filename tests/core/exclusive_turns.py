"""A program for the tests: people ask for work while workers take turns at it, on a real database, in threads."""

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from queue import Empty, Queue
from random import Random
from unittest.mock import patch

import django

django.setup()

from django.db import connection, connections, models, transaction  # noqa: E402
from django.db.models import F  # noqa: E402

from portal.core.work import turns  # noqa: E402

ASKERS, WORKERS, ROUNDS = 2, 3, 60
THREADS, TURNS = 16, 20
WAIT_SECONDS = 10


class Watch(turns.ExclusiveTurn):
    """`asked` and `done` count pieces of work."""

    TASK = "tests.watch"
    asked = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "core"


class Broker:
    """Carries what is sent to whichever worker comes first, until it is closed."""

    def __init__(self) -> None:
        self.tasks: Queue[tuple[int, int]] = Queue()
        self.closed = threading.Event()

    def send(self, _task: str, pk: int, seq: int, _seconds: float = 0) -> bool:
        self.tasks.put((pk, seq))
        return True

    def deliver(self, take: Callable[[int, int], None]) -> None:
        while not self.closed.is_set():
            with suppress(Empty):
                take(*self.tasks.get(timeout=0.1))


class Workers:
    """What they do in a turn, and how many of them were at it at once."""

    def __init__(self) -> None:
        self.at_it, self.most, self.turns = 0, 0, 0
        self._counting = threading.Lock()

    def take(self, pk: int, seq: int) -> None:
        turns.take_turn(Watch.objects.all(), pk, seq, self._work, self._rest)

    def _work(self, row: Watch) -> None:
        self._count(1)
        asked = Watch.objects.get(pk=row.pk).asked
        time.sleep(0.002)
        Watch.objects.filter(pk=row.pk).update(done=asked)
        self._count(-1)

    def _rest(self, row: Watch) -> float | None:
        return 0 if Watch.objects.filter(pk=row.pk, asked__gt=F("done")).exists() else None

    def _count(self, change: int) -> None:
        with self._counting:
            self.at_it += change
            self.turns += change > 0
            self.most = max(self.most, self.at_it)


def ask(pk: int, rounds: threading.Barrier, lateness: Random) -> None:
    """Everybody asks within one turn's time, then waits until all is done: each round has one who asks last."""
    for _ in range(ROUNDS):
        rounds.wait(WAIT_SECONDS)
        time.sleep(lateness.uniform(0, 0.012))
        with transaction.atomic():
            Watch.objects.filter(pk=pk).update(asked=F("asked") + 1)
            Watch(pk=pk).wake()
        rounds.wait(WAIT_SECONDS)
        wait_for_all(pk)


def wait_for_all(pk: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while Watch.objects.filter(pk=pk, asked__gt=F("done")).exists():
        if time.monotonic() > deadline:
            raise SystemExit("What was asked for was lost.")
        time.sleep(0.005)


def with_own_connection(act: Callable[..., None], *arguments: object) -> None:
    try:
        act(*arguments)
    finally:
        connections.close_all()


def many_threads() -> int:
    """As many threads as a worker has, each at a row of its own: the turns that were taken."""
    rows = [Watch.objects.create().pk for _ in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        for act in [pool.submit(with_own_connection, take_turns, pk) for pk in rows]:
            act.result()
    return sum(Watch.objects.filter(pk__in=rows).values_list("done", flat=True))


def take_turns(pk: int) -> None:
    """Reads and then writes in each turn, as steps do."""
    for seq in range(TURNS):
        row = turns.claim_exclusive(Watch.objects.all(), pk, seq)
        assert row
        with transaction.atomic():
            Watch.objects.filter(pk=pk).update(done=Watch.objects.get(pk=pk).done + 1)
        turns.release(row)
        connection.close_if_unusable_or_obsolete()  # as Celery does after each task


def main() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Watch)
    pk = Watch.objects.create().pk
    broker, workers, rounds = Broker(), Workers(), threading.Barrier(ASKERS)
    with patch.object(turns, "send", broker.send), ThreadPoolExecutor(ASKERS + WORKERS) as pool:
        at_work = [pool.submit(with_own_connection, broker.deliver, workers.take) for _ in range(WORKERS)]
        asking = [pool.submit(with_own_connection, ask, pk, rounds, Random(seed)) for seed in range(ASKERS)]
        wait(asking)
        broker.closed.set()
    for act in [*asking, *at_work]:
        act.result()
    left = Watch.objects.get(pk=pk)
    found = {"asked": left.asked, "done": left.done, "most": workers.most, "turns": workers.turns}
    sys.stdout.write(json.dumps(found | {"of many threads": many_threads()}))


if __name__ == "__main__":
    main()
