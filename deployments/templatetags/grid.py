"""The cells of the services x environments grid: a page has hundreds, and this is faster than a template."""

from collections.abc import Collection

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from deployments.catalog.selectors import Cell, Row
from deployments.models import Placement
from portal.core.templatetags.ui import NOTHING, ago, state, state_icon, state_word
from provisioning.models import Environment

register = template.Library()
EMPTY = SafeString("")


@register.simple_tag
def grid_cells(row: Row, services_url: str, deployments_url: str, deployable: Collection[int]) -> SafeString:
    """The <td> of each environment; the two addresses end in a slash. `deployable`: where one may deploy."""
    offer = f"{services_url}{row.service.name}/deploy/?environment="
    cells = (
        (
            _weight(place, cell),
            place.name,
            _cell(cell, deployments_url, offer + place.slug if _fits(row, place, deployable) else ""),
        )
        for place, cell in row.cells
    )
    return format_html_join("", '<td role="cell" class="{}" data-label="{}">{}</td>', cells)


def _fits(row: Row, place: Environment, deployable: Collection[int]) -> bool:
    """Whether a deployment can work there: there is an image, and hosts that can fetch it."""
    service = row.service
    return place.pk in deployable and place.account_id == service.account_id and getattr(service, "has_release", True)


def _weight(place: Environment, cell: Cell | None) -> str:
    """What stands first on a phone: trouble, then production."""
    if cell is None:
        return "cell-none"
    if cell.failing_since or cell.last_failed or cell.health == Placement.Health.UNHEALTHY:
        return "cell-trouble"
    return "cell-main" if place.kind == Environment.Kind.PRODUCTION else ""


def _cell(cell: Cell | None, deployments_url: str, deploy_url: str) -> SafeString:
    """What runs, a link to a rollout under way or failed, or the offer to deploy (where `deploy_url` is given)."""
    if cell is None:
        return _offer(deploy_url)
    going_on = _link(deployments_url, cell, state(cell.going_on)) if cell.going_on else EMPTY
    failed = (
        _link(deployments_url, cell, SafeString(escape(_("last one failed"))), "text-danger")
        if cell.last_failed
        else EMPTY
    )
    if not cell.digest:
        return format_html("{}{}", going_on, failed) if going_on or failed else _offer(deploy_url)
    return format_html("{}{}{}", going_on, _runs(cell), failed)


def _failed(cell: Cell, deployments_url: str) -> SafeString:
    return _link(deployments_url, cell, escape(_("last one failed")), "text-danger")


def _runs(cell: Cell) -> SafeString:
    return format_html(
        '<div><strong>{}</strong> <code class="text-secondary">{}</code></div><div class="text-secondary small">'
        '{}{}<span class="visually-hidden">{}</span> <span title="{}">{}/{}</span> · {}</div>',
        cell.release,
        cell.digest,
        _failing(cell),
        state_icon(cell.health),
        state_word(cell.health),
        _("running of wanted tasks"),
        cell.running,
        cell.desired,
        ago(cell.released_at),
    )


def _failing(cell: Cell) -> SafeString:
    if cell.failing_since is None:
        return EMPTY
    return format_html('<div class="text-danger">{} {}</div>', _("does not answer since"), ago(cell.failing_since))


def _link(url: str, cell: Cell, words: SafeString, css: str = "") -> SafeString:
    return format_html('<a href="{}{}/" class="{}">{}</a> ', url, cell.deployment_id, css, words)


def _offer(url: str) -> SafeString:
    return format_html('<a class="btn btn-sm" href="{}">{}</a>', url, _("Deploy")) if url else NOTHING
