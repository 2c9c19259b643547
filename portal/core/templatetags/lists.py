"""Lists on pages. A template builtin."""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from portal.core.lists import Column, Table, Window

register = template.Library()


@register.simple_block_tag(takes_context=True)
def table(context: Context, content: str, table: Table[Any]) -> SafeString:
    """The list; what stands between the tags is shown where there is nothing at all."""
    with context.push(table=table, content=content):
        return context.template.engine.get_template("components/table.html").render(context)  # type: ignore[union-attr]


@register.simple_tag(takes_context=True)
def rows(context: Context, table: Table[Any]) -> SafeString:
    """The rows. Lists have hundreds of cells: what is the same in a column is worked out once, and templates are asked
    only for cells that need one."""
    begin = '<tr role="row" class="row-link">' if table.links_rows else '<tr role="row">'
    columns = [(_cell(column), column.show) for column in table.columns]
    written: list[str] = []
    with context.push(row=None):
        for row in table.rows:
            context["row"] = row
            written.append(begin)
            for opened, show in columns:
                written += (opened, show(row, context), "</td>")
            written.append("</tr>")
    return SafeString("".join(written))


def _cell(column: Column[Any]) -> str:
    """What each cell of a column begins with."""
    first = " cell-first" if column.first else ""
    label = "" if not column.exported or column.first else conditional_escape(column.label)
    return f'<td role="cell" class="{column.css}{first}" data-label="{label}">'


@register.inclusion_tag("components/columns.html", takes_context=True)
def columns(context: Context, window: Window[Any], label: str) -> dict[str, Any]:
    """Which of very many columns are shown, and the way to the others."""
    return {"window": window, "label": label, "request": context["request"]}
