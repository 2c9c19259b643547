"""The last lines a container wrote."""

from dataclasses import dataclass
from datetime import UTC, datetime

from provisioning.aws.errors import accepting, asking_aws
from provisioning.aws.session import AwsSession


@dataclass(frozen=True)
class LogLine:
    at: datetime
    message: str


def task_stream(prefix: str, container: str, task_arn: str) -> str:
    """The stream that the awslogs driver writes for a container of a task: prefix/container/task-id."""
    return f"{prefix}/{container}/{task_arn.rpartition('/')[2]}"


def tail(session: AwsSession, group: str, stream: str, limit: int = 20) -> tuple[LogLine, ...]:
    """The last lines, oldest first; none if the container wrote nothing (or never started)."""
    with accepting("not_found"), asking_aws("read the log of the task"):
        found = session.client("logs").get_log_events(
            logGroupName=group, logStreamName=stream, limit=limit, startFromHead=False
        )
        return tuple(LogLine(_time(said["timestamp"]), said["message"]) for said in found["events"])
    return ()


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
