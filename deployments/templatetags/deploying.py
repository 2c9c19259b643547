"""What whoever looks may deploy, and what can be done next about a deployment."""

from collections.abc import Iterable

from django import template
from django.template import Context

from deployments import states
from deployments.models import Deployment
from portal.accounts.permissions import Can, may
from provisioning.models import Environment

register = template.Library()


@register.simple_tag(takes_context=True)
def deployable(context: Context, environments: Iterable[Environment]) -> frozenset[int]:
    """Those that are ready, and where whoever looks may deploy."""
    return frozenset(each.pk for each in environments if each.is_ready and _may_deploy(context, each))


@register.simple_tag(takes_context=True)
def next_step(context: Context, deployment: Deployment) -> str:
    """For a row of a list: "back" to a release that served before, "again" what did not work at the last try."""
    if not _may_deploy(context, deployment.environment):
        return ""
    serves = deployment.placement.release_id
    if deployment.state == states.SUCCEEDED and serves and deployment.release_id < serves:
        return "back"
    latest = deployment.placement.latest_id == deployment.pk
    return "again" if latest and deployment.state in states.REPEATABLE else ""


def _may_deploy(context: Context, environment: Environment) -> bool:
    request = context["request"]
    return may(request.caller, Can.DEPLOY, request.customer, environment)
