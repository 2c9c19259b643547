"""The cells of the services x environments grid: a page has hundreds, and this is faster than a template."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from deployments.catalog.selectors import Cell, Row
from portal.core.templatetags.ui import NOTHING, ago, state, state_icon

register = template.Library()
EMPTY = SafeString("")


@register.simple_tag
def grid_cells(row: Row, services_url: str, deployments_url: str, may_deploy: bool) -> SafeString:
    """The <td> of each environment; the two addresses end in a slash."""
    offer = f"{services_url}{row.service.name}/deploy/?environment="
    cells = (
        (_cell(cell, deployments_url, offer + place.slug if may_deploy and place.is_ready else ""),)
        for place, cell in row.cells
    )
    return format_html_join("", "<td>{}</td>", cells)


def _cell(cell: Cell | None, deployments_url: str, deploy_url: str) -> SafeString:
    """What runs, a link to a rollout under way or failed, or the offer to deploy (where `deploy_url` is given)."""
    if cell is None:
        return _offer(deploy_url)
    going_on = _link(deployments_url, cell, state(cell.going_on)) if cell.going_on else EMPTY
    failed = _link(deployments_url, cell, SafeString("last one failed"), "text-danger") if cell.last_failed else EMPTY
    if not cell.digest:
        return format_html("{}{}", going_on, failed) if going_on or failed else _offer(deploy_url)
    return format_html("{}{}{}", going_on, _runs(cell), failed)


def _runs(cell: Cell) -> SafeString:
    return format_html(
        '<div><strong>{}</strong> <code class="text-secondary">{}</code></div><div class="text-secondary small">'
        '{}{}<span class="visually-hidden">{}</span> <span title="running of wanted tasks">{}/{}</span> · {}</div>',
        cell.release,
        cell.digest,
        _failing(cell),
        state_icon(cell.health),
        cell.health,
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
    return format_html('<a class="btn btn-sm" href="{}">Deploy</a>', url) if url else NOTHING
