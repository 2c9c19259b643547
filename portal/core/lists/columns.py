"""Columns: what stands above them, how a cell is shown, what is exported, by what they are sorted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from django.http import HttpRequest
from django.template import Context
from django.utils.dateformat import format as as_date
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.core.looks import look_of
from portal.core.templatetags import ui

if TYPE_CHECKING:  # mypy alone knows it
    from django.utils.functional import _StrPromise

R = TypeVar("R")
Label: TypeAlias = "str | _StrPromise"
Value: TypeAlias = "str | int | Decimal | date | datetime | _StrPromise | None"
ACTIONS = _("Actions")
Address = Callable[[R, HttpRequest], str]


@dataclass(frozen=True)
class Column(Generic[R]):
    """A column of rows of one kind.

    `value` is exported, and shown where there is neither `html` nor `template` (which gets the row as `row`). `url` is
    the page of the row, `sort` the field (or annotation) it is sorted by. `first` stands on top of the row's card on a
    phone. What only holds buttons is not exported.
    """

    key: str
    label: Label
    value: Callable[[R], Value]
    html: Callable[[R], str] | None = None
    template: str = ""
    url: Address[R] | None = None
    sort: str = ""
    css: str = ""
    first: bool = False
    exported: bool = True

    def show(self, row: R, context: Context) -> str:
        """The inside of the row's cell, as HTML."""
        inside = self._inside(row, context)
        if self.url is None:
            return inside
        target = '<a class="row-target" href="{}">{}</a>'
        return format_html(target, self.url(row, context["request"]), inside)

    def _inside(self, row: R, context: Context) -> SafeString:
        if self.template:
            return context.template.engine.get_template(self.template).render(context)  # type: ignore[union-attr]
        shown = self.html(row) if self.html else self.value(row)
        return (
            ui.NOTHING
            if shown is None or shown == ""
            else conditional_escape(str(shown) if isinstance(shown, int | Decimal | date) else shown)
        )


# The usual kinds of columns. `options` are those of Column.


def text(key: str, label: Label, value: Callable[[R], Value], **options: Any) -> Column[R]:
    """Words."""
    return Column(key, label, value, **options)


def number(key: str, label: Label, value: Callable[[R], int], **options: Any) -> Column[R]:
    """A count, aligned right."""
    return Column(key, label, value, **{"css": "num"} | options)


def state(key: str, label: Label, value: Callable[[R], str], **options: Any) -> Column[R]:
    """A state: its badge, and its word in exports."""
    return Column(key, label, lambda row: look_of(value(row)).word, html=lambda row: ui.state(value(row)), **options)


def moment(key: str, label: Label, value: Callable[[R], datetime | None], **options: Any) -> Column[R]:
    """A time: how long ago, and the exact one in exports."""
    return Column(key, label, value, html=lambda row: ui.ago(value(row)), **options)


def day(key: str, label: Label, value: Callable[[R], date | None], shape: str = "j M Y", **options: Any) -> Column[R]:
    """A day."""

    def shown(row: R) -> str:
        found = value(row)
        return as_date(found, shape) if found else ""

    return Column(key, label, value, html=shown, **{"css": "w-min"} | options)


def money(key: str, label: Label, value: Callable[[R], Decimal], **options: Any) -> Column[R]:
    """An amount in euro, aligned right."""
    return Column(key, label, value, html=lambda row: ui.money(value(row)), **{"css": "num"} | options)


def actions(template: str, label: Label = ACTIONS) -> Column[Any]:
    """Buttons; on the page alone."""
    return Column("actions", label, lambda _row: "", template=template, css="w-min", exported=False)
