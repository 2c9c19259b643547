"""What leaves the house or is rendered: mail, documents, notices. Services write rows, workers of a queue do the rest.

A row is written in the service's own transaction, handed over when that commits, and again by a tick while it is not
done. Each try claims the row's turn, so a job that is delivered twice does nothing the second time. What fails is tried
again after a growing delay; what fails MOST_ATTEMPTS times, or cannot succeed, stops, and staff can send it again. A
try may have succeeded although its worker died before noting it: then it is done twice, under the same key (a mail
keeps its Message-ID).
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import django_rq
import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _

from portal.core import audit
from portal.core.caller import Caller
from portal.core.errors import UserError
from portal.core.handover import Door
from portal.core.models import Outgoing
from portal.core.redaction import redact
from portal.core.sentences import NOTHING, Sentence, said
from portal.core.work import turns

log = structlog.get_logger(__name__)
queue_door = Door("rq")
MOST_ATTEMPTS = 10
LONGEST_DELAY = timedelta(hours=1)
TAKEN = timedelta(minutes=5)  # longer than a job may take (RQ_QUEUES): until then a handed-over row is left alone
MOST_WORDS = 500  # characters of an error that are kept
A_TICK = 500  # rows that one tick hands over
KEPT = timedelta(days=30)  # how long a row that is done is kept
DOCUMENTS, MAIL = "documents", "mail"  # queues

Deliver = Callable[[Outgoing], None]


class Undeliverable(Exception):
    """Trying again will not help; the sentence says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


_kinds: dict[str, Deliver] = {}
_words: dict[str, str] = {}


def delivers(kind: str, words: str = "") -> Callable[[Deliver], Deliver]:
    """Registers the function, in an app's jobs.py, that delivers rows of a kind. It may be called twice for one row.

    `words` is what staff call such a row.
    """

    def register(deliver: Deliver) -> Deliver:
        _kinds[kind], _words[kind] = deliver, words or kind
        return deliver

    return register


def how_to_deliver(kind: str) -> Deliver:
    """What delivers rows of that kind. LookupError when no app's jobs.py says it."""
    if kind not in _kinds:
        autodiscover_modules("jobs")
    if kind not in _kinds:
        raise LookupError(f"No jobs.py says how {kind!r} is delivered.")
    return _kinds[kind]


def words_of(kind: str) -> str:
    """What staff call rows of that kind; the kind itself where nobody delivers it."""
    if kind not in _words:
        autodiscover_modules("jobs")
    return _words.get(kind, kind)


def put(kind: str, queue: str, about: models.Model, **payload: object) -> Outgoing:
    """A new row about `about`, handed over when the transaction commits. The payload is JSON, and stored encrypted."""
    row = Outgoing.objects.create(
        kind=kind,
        queue=queue,
        about_kind=audit.kind_of(about),
        about_id=str(about.pk),
        about_name=str(redact(str(about)))[:200],
        customer_id=getattr(about, "customer_id", None),
        payload=json.dumps(payload),
        due_at=timezone.now() + delay_after(1),
    )
    transaction.on_commit(partial(_hand_over, row.pk, row.seq, queue), robust=True)
    return row


def payload_of(row: Outgoing) -> dict[str, Any]:
    """What the service wrote for the one who delivers."""
    found: dict[str, Any] = json.loads(row.payload)
    return found


def deliver(pk: int, seq: int) -> None:
    """The job: one try at one row. Never raises: what goes wrong is written on the row and in the log."""
    row = turns.claim(Outgoing.waiting.all(), pk, seq)
    if row is None:
        return
    Outgoing.objects.filter(pk=pk).update(due_at=timezone.now() + TAKEN)
    try:
        how_to_deliver(row.kind)(row)
    except Undeliverable as final:
        _note_failure(row, final.sentence, last=True)
    except Exception as error:
        log.warning("outbox.not_delivered", kind=row.kind, id=pk, exc_info=error)
        _note_failure(row, _raised(error), last=row.attempts + 1 >= MOST_ATTEMPTS)
    else:
        now = timezone.now()
        _mine(row).update(done_at=now, attempts=F("attempts") + 1, problem=NOTHING, payload="{}")


def _mine(row: Outgoing) -> models.QuerySet[Outgoing]:
    return Outgoing.objects.filter(pk=row.pk, seq=row.seq)


def _raised(error: Exception) -> Sentence:
    """What others' code said, with secrets masked; for staff, as it is."""
    return said(str(redact(f"{type(error).__name__}: {error}"))[:MOST_WORDS])


def _note_failure(row: Outgoing, problem: Sentence, *, last: bool) -> None:
    now = timezone.now()
    _mine(row).update(
        attempts=row.attempts + 1,
        problem=problem,
        due_at=now + delay_after(row.attempts + 1),
        stopped_at=now if last else None,
    )
    if last:
        log.error("outbox.stopped", kind=row.kind, id=row.pk, about=row.about_name)


def delay_after(attempts: int) -> timedelta:
    """How long after so many failed attempts the next one is due: doubled each time, up to LONGEST_DELAY.

    What was put and not taken by the queue is due as after the first.
    """
    doubled = timedelta(seconds=settings.OUTGOING_RETRY_SECONDS) * float(1 << min(attempts - 1, 20))
    return min(doubled, LONGEST_DELAY)


def send_again(row: Outgoing, caller: Caller) -> None:
    """Starts a stopped row anew. Raises UserError when it is not stopped."""
    now = timezone.now()
    with transaction.atomic():
        stopped = Outgoing.objects.filter(pk=row.pk, seq=row.seq, done_at=None, stopped_at__isnull=False)
        if not stopped.update(stopped_at=None, attempts=0, heartbeat_at=now, due_at=now + delay_after(1)):
            raise UserError(_("This was sent, or is being sent again already. Reload the page to see where it stands."))
        audit.record("outgoing.sent_again", row, caller=caller, after={"kind": row.kind})
        transaction.on_commit(partial(_hand_over, row.pk, row.seq, row.queue), robust=True)


def hand_over_due() -> int:
    """Hands over what is due: it was never taken, failed a while ago, or its worker died. Returns how many."""
    due = Outgoing.waiting.filter(due_at__lte=timezone.now()).order_by("due_at").values_list("pk", "seq", "queue")
    taken = []
    for pk, seq, queue in due[:A_TICK]:
        if not _hand_over(pk, seq, queue):
            break
        taken.append(pk)
    # Left alone until then: a long queue does not get the same row again each minute.
    Outgoing.waiting.filter(pk__in=taken, due_at__lte=timezone.now()).update(due_at=timezone.now() + TAKEN)
    return len(taken)


def forget_done(now: datetime | None = None) -> None:
    """Deletes rows that were done long ago."""
    Outgoing.objects.filter(done_at__lt=(now or timezone.now()) - KEPT).delete()


def _hand_over(pk: int, seq: int, queue: str) -> bool:
    def enqueue() -> None:
        django_rq.get_queue(queue, commit_mode="auto").enqueue(deliver, pk, seq, description=f"Outgoing {pk}")

    return queue_door.hand_over(enqueue)
