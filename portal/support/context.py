"""What a ticket is about, frozen when it is opened: later rollouts change the live state, not this."""

from typing import Any

from deployments.models import Deployment, StoppedTask
from deployments.rollouts.explain import why_stopped
from deployments.rollouts.observe import said_of
from portal.core.redaction import redact

TASKS, LINES = 5, 50  # the last of each


def freeze(deployment: Deployment) -> dict[str, Any]:
    """The deployment as it is now, in data that fit a JSON field, secrets masked. Sentences are frozen as data, too:
    they are said in the language of who reads the ticket."""
    release = deployment.release
    return {
        "service": deployment.service.name,
        "environment": deployment.environment.name,
        "environment_kind": deployment.environment.get_kind_display(),
        "deployment": deployment.pk,
        "kind": deployment.get_kind_display(),
        "release": release.tag,
        "digest": release.digest,
        "state": deployment.state,
        "sentence": redact(deployment.reason.as_json()),
        "requested_by": str(deployment.requested_by),
        "requested_at": deployment.created_at.isoformat(),
        "tasks": [_task(task) for task in deployment.stopped_tasks.all()[:TASKS]],
    }


def _task(task: StoppedTask) -> dict[str, Any]:
    return {
        "name": str(task),
        "exit_code": task.exit_code,
        "reason": why_stopped(said_of(task)).as_json(),
        "lines": redact([str(line) for line in task.log_lines[-LINES:]]),
    }
