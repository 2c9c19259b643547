"""Lists on pages. A template builtin."""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from portal.core.lists import Table, Window

register = template.Library()


@register.simple_block_tag(takes_context=True)
def table(context: Context, content: str, table: Table[Any]) -> SafeString:
    """The list; what stands between the tags is shown where there is nothing at all."""
    with context.push(table=table, content=content):
        return context.template.engine.get_template("components/table.html").render(context)  # type: ignore[union-attr]


@register.simple_tag(takes_context=True)
def cells(context: Context, table: Table[Any], row: Any) -> SafeString:
    """The cells of a row. Lists have hundreds: templates are asked only for those that need one."""
    with context.push(row=row):
        return SafeString(
            "".join(
                f'<td role="cell" class="{head.column.css}{head.first}" data-label="{head.label}">'
                f"{head.column.show(row, context)}</td>"
                for head in map(_Head, table.columns)
            )
        )


class _Head:
    """What each cell of a column says of it."""

    def __init__(self, column: Any) -> None:
        self.column = column
        self.first = " cell-first" if column.first else ""
        self.label = "" if not column.exported or column.first else conditional_escape(column.label)


@register.inclusion_tag("components/columns.html", takes_context=True)
def columns(context: Context, window: Window[Any], label: str) -> dict[str, Any]:
    """Which of very many columns are shown, and the way to the others."""
    return {"window": window, "label": label, "request": context["request"]}
