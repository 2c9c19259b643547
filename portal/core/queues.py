"""The queues of short document jobs (mail, PDF), as engineers see them."""

from dataclasses import dataclass
from datetime import datetime

import django_rq
from django.conf import settings
from redis.exceptions import RedisError
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.worker import Worker

from portal.core.errors import UserError
from portal.core.redaction import redact

SHOWN = 50


@dataclass(frozen=True)
class FailedJob:
    """A job that ended in an error; `error` is the last line of its traceback."""

    id: str
    description: str
    ended_at: datetime | None
    error: str


@dataclass(frozen=True)
class Queue:
    """A queue as it is now; `failed` are the newest failures."""

    name: str
    waiting: int
    running: int
    workers: int
    failed_count: int
    failed: tuple[FailedJob, ...]


def queues() -> list[Queue]:
    """All queues. Raises UserError when Redis does not answer."""
    try:
        return [_read(name) for name in settings.RQ_QUEUES]
    except RedisError as error:
        raise _away() from error


def retry(queue: str, job_id: str) -> None:
    """Puts a failed job in its queue again. Raises UserError when it is not there or Redis does not answer."""
    try:
        django_rq.get_queue(queue).failed_job_registry.requeue(job_id)
    except (NoSuchJobError, InvalidJobOperation) as error:
        raise UserError("This job is not among the failed ones any more. Reload the page.", status=404) from error
    except RedisError as error:
        raise _away() from error


def _read(name: str) -> Queue:
    queue = django_rq.get_queue(name)
    failed = queue.failed_job_registry
    newest = Job.fetch_many(failed.get_job_ids(0, SHOWN - 1, desc=True), connection=queue.connection)
    return Queue(
        name=name,
        waiting=queue.count,
        running=queue.started_job_registry.count,
        workers=Worker.count(queue=queue),
        failed_count=failed.count,
        failed=tuple(_failed(job) for job in newest if job),
    )


def _failed(job: Job) -> FailedJob:
    result = job.latest_result()
    said = (result.exc_string or "").strip().rpartition("\n")[2] if result else ""
    return FailedJob(job.id, str(redact(job.description or "")), job.ended_at, str(redact(said)))


def _away() -> UserError:
    return UserError("The queue cannot be read: Redis does not answer. Check that it runs.", status=503)
