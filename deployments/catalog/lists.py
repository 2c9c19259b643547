"""The lists of services: the grid, and what runs in one environment."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deployments.catalog.selectors import Cell, Row
from deployments.models import Placement
from portal.core.lists import Column, Listing, moment, state, text
from portal.core.looks import look_of
from provisioning.models import Environment

SERVICES: Listing[Row] = Listing(
    "services",
    _("Services"),
    (
        text("service", _("Service"), lambda row: row.service.name, sort="name", first=True),
        text("application", _("Application"), lambda row: row.service.application.name, sort="application__name"),
    ),
    order=("place", "name"),
)


def across(environments: Sequence[Environment]) -> list[Column[Row]]:
    """The grid's columns: what runs in each of these environments."""
    return [*SERVICES.columns, *(_column(place, each) for place, each in enumerate(environments))]


def _column(place: int, environment: Environment) -> Column[Row]:
    return text(f"in-{environment.slug}", environment.name, lambda row: _words(row.cells[place][1]))


def _words(cell: Cell | None) -> str:
    """What the grid draws, e.g. "v2, healthy, 2/2"."""
    if cell is None or not cell.digest:
        return ""
    return f"{cell.release}, {look_of(cell.health).word.lower()}, {cell.running}/{cell.desired}"


def _service_page(placement: Placement, request: HttpRequest) -> str:
    return reverse("service", args=[request.customer.slug, placement.service.name])  # type: ignore[attr-defined]


PLACED: Listing[Placement] = Listing(
    "services",
    _("Services"),
    (
        text(
            "service", _("Service"), lambda row: row.service.name, url=_service_page, sort="service__name", first=True
        ),
        text("release", _("Release"), lambda row: row.release.name if row.release else _("Not deployed")),
        state("health", _("Health"), lambda row: row.health, sort="health"),
        text("tasks", _("Tasks"), lambda row: _("%(running)s of %(desired)s") % vars(row), css="num"),
        moment("since", _("Since"), lambda row: row.released_at, sort="released_at"),
    ),
    order=("failing_since", "service__name"),
    prefix="services-",
)
