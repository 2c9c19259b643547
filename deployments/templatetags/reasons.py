"""Why tasks stopped."""

from django import template

from deployments.models import StoppedTask
from deployments.rollouts.explain import why_stopped
from deployments.rollouts.observe import said_of

register = template.Library()


@register.filter
def plainly(task: StoppedTask) -> str:
    """The reason for people."""
    return str(why_stopped(said_of(task)))
