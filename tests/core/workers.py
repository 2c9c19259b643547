"""A change of a stack that workers work on, and a queue in the broker's place."""

import pytest
from celery import Celery

from portal.core.work import turns
from portal.core.work.state import transition
from provisioning.changes import states
from provisioning.models import StackChange
from tests import factories
from tests.conftest import free_port


class Queue:
    """In the broker's place: keeps what is sent, as (pk, seq) and the countdown; `tasks` are the names."""

    def __init__(self) -> None:
        self.sent: list[tuple[tuple[int, int], float]] = []
        self.tasks: set[str] = set()

    def send_task(self, name: str, args: tuple[int, int], countdown: float) -> None:
        self.tasks.add(name)
        self.sent.append((args, countdown))


@pytest.fixture
def queue(monkeypatch):
    queue = Queue()
    monkeypatch.setattr(Celery, "send_task", lambda _app, name, args, countdown: queue.send_task(name, args, countdown))
    turns.broker.open()
    return queue


@pytest.fixture
def change(db):
    return factories.StackChangeFactory(state=states.QUEUED)


def claim(row: StackChange) -> bool:
    """Another worker takes the turn."""
    return turns.claim(StackChange.objects.all(), row.pk, row.seq) is not None


def to(state: str, seconds: float = 3):
    def advance(row: StackChange) -> float:
        transition(row, state)
        return seconds

    return advance


@pytest.fixture
def lost_broker(monkeypatch):
    """A broker at whose address nobody listens; what was sent to it is counted."""
    app = Celery("lost", broker=f"redis://127.0.0.1:{free_port()}/0", set_as_current=False)
    app.conf.update(task_publish_retry=False, broker_transport_options={"max_retries": 0})
    tried = []

    def send_task(_app: Celery, name: str, args: tuple[int, int], countdown: float) -> None:
        tried.append(args)
        plain(app, name, args, countdown=countdown)

    plain = Celery.send_task
    monkeypatch.setattr(Celery, "send_task", send_task)
    turns.broker.open()
    yield tried
    turns.broker.open()
