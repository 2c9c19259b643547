"""Why tasks stopped."""

from django import template

from deployments.models import StoppedTask
from deployments.rollouts.explain import Stopped, why_stopped

register = template.Library()


@register.filter
def plainly(task: StoppedTask) -> str:
    """The reason for people."""
    return why_stopped(Stopped(task.stopped_reason, task.stop_code, task.container_reason, task.exit_code))
