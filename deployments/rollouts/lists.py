"""The lists of deployments and releases."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deployments.models import Deployment, Release
from portal.core.lists import Listing, actions, moment, state, text
from portal.core.templatetags import ui


def _page(deployment: Deployment, request: HttpRequest) -> str:
    return reverse("deployment", args=[request.customer.slug, deployment.pk])  # type: ignore[attr-defined]


def _release(deployment: Deployment) -> str:
    name = deployment.release.name
    return name if deployment.kind == Deployment.Kind.DEPLOY else gettext("%(release)s (back)") % {"release": name}


def _duration(deployment: Deployment) -> str:
    """From being asked for to its end; nothing while it runs."""
    finished = deployment.finished_at
    return ui.duration(finished - deployment.created_at) if finished else ""


DEPLOYMENTS: Listing[Deployment] = Listing(
    "deployments",
    _("Deployments"),
    (
        text("release", _("Release"), _release, url=_page, sort="release__tag", first=True),
        text("service", _("Service"), lambda row: row.service.name, sort="service__name"),
        text("environment", _("Environment"), lambda row: row.environment.name, sort="environment__name"),
        state("state", _("State"), lambda row: row.state, sort="state"),
        text("note", _("Note"), lambda row: row.note),
        text("by", _("By"), lambda row: str(row.requested_by), sort="requested_by__name"),
        # Deployments are written one after the other: their numbers sort them as these times do.
        moment("created", _("Asked for"), lambda row: row.created_at, sort="id"),
        text("duration", _("Duration"), _duration, css="num"),
        actions("deployments/row_actions.html"),
    ),
)
RELEASES: Listing[Release] = Listing(
    "releases",
    _("Releases"),
    (
        text("release", _("Release"), lambda row: row.name, sort="tag", first=True),
        text("image", _("Image"), lambda row: row.digest, html=lambda row: ui.digest(row.digest)),
        moment("pushed", _("Pushed"), lambda row: row.pushed_at, sort="pushed_at"),
        moment("deployed", _("First deployed"), lambda row: row.created_at, sort="id"),
    ),
)
