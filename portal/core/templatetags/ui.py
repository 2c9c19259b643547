"""What every page is made of: icons, states, times, money, copy buttons, cards. A template builtin."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portal.core.frontend import ICONS
from portal.core.looks import look_of
from portal.core.sentences import from_json

register = template.Library()

NOTHING = SafeString("–")
KIND_ICONS = {
    "info": "info-circle",
    "success": "circle-check",
    "warning": "alert-triangle",
    "danger": "alert-octagon",
}
# Django's messages call the worst kind "error" and know a "debug" kind.
KINDS = {"error": "danger", "debug": "info"}


@register.filter
def say(sentence: object) -> str:
    """The words of a sentence that was kept as JSON data."""
    return str(from_json(sentence))


@cache
def _drawing(name: str) -> str:
    """The inside of an icon's SVG. Raises FileNotFoundError for a name that does not exist."""
    svg = (ICONS / f"{name}.svg").read_text()
    inside = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", svg, flags=re.DOTALL)
    return re.sub(r'\s*<path stroke="none"[^>]*/>|\n\s*', "", inside)


@register.simple_tag
@cache
def icon(name: str, css: str = "") -> SafeString:
    """A decorative icon; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
        ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        css,
        mark_safe(_drawing(name)),  # noqa: S308 - a file of ours
    )


# States are few, but AWS has words of its own: hence a limit.
@register.simple_tag
def state(name: str) -> SafeString:
    """A badge with the word, icon and colour of a state."""
    return _badge(name, get_language())


@lru_cache(maxsize=256)
def _badge(name: str, _language: str) -> SafeString:
    look = look_of(name)
    return format_html('<span class="state state-{}">{}{}</span>', look.tone, icon(look.icon, look.motion), look.word)


@register.simple_tag
@lru_cache(maxsize=256)
def state_icon(name: str) -> SafeString:
    """The icon of a state in its colour, for lists that say the word themselves."""
    look = look_of(name)
    return format_html('<span class="state-icon state-{}">{}</span>', look.tone, icon(look.icon, look.motion))


@register.filter
def state_word(name: str) -> str:
    """The word people read for a state."""
    return look_of(name).word


@register.simple_tag
def ago(moment: datetime | None) -> SafeString:
    """How long ago, or how soon; the exact time on hover."""
    if moment is None:
        return NOTHING
    local = timezone.localtime(moment)
    machine = local.isoformat(timespec="seconds")
    exact = f"{local.day} {MONTHS[local.month]} {local:%Y, %H:%M:%S %Z}"
    # Numbers and our own words: nothing to escape. Lists have fifty of these, and format_html takes ten times as long.
    return SafeString(f'<time datetime="{machine}" title="{exact}">{_relative(local)}</time>')


def _relative(moment: datetime) -> str:
    distance = (moment - timezone.now()).total_seconds()
    seconds = abs(distance)
    if seconds < 45:
        return _("just now")
    if seconds >= 30 * 86400:
        return f"{moment.day} {str(MONTHS_3[moment.month]).capitalize()} {moment:%Y}"
    facts = {"length": _largest_unit(seconds)}
    return _("in %(length)s") % facts if distance > 0 else _("%(length)s ago") % facts


def _largest_unit(seconds: float) -> str:
    if seconds < 3570:
        return _("%(count)s min") % {"count": max(1, round(seconds / 60))}
    if seconds < 84600:
        return _("%(count)s h") % {"count": round(seconds / 3600)}
    days = round(seconds / 86400)
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


@register.filter
def duration(length: timedelta | float | None) -> str:
    """A length of time in its two largest units, e.g. "1 min 20 s"."""
    if length is None:
        return NOTHING
    seconds = round(length.total_seconds() if isinstance(length, timedelta) else length)
    minutes, hours = seconds // 60, seconds // 3600
    facts = {"days": hours // 24, "hours": hours, "minutes": minutes, "seconds": seconds}
    if hours >= 24:
        return _("%(days)s d %(hours)s h") % {**facts, "hours": hours % 24}
    if hours:
        return _("%(hours)s h %(minutes)s min") % {**facts, "minutes": minutes % 60}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {**facts, "seconds": seconds % 60}
    return _("%(seconds)s s") % facts


@register.simple_tag
def money(amount: Decimal | int, currency: str = "€") -> SafeString:
    """An amount with two decimals and thousands separated, e.g. "€ 1,234.50"; a minus sign comes first."""
    sign = "−" if amount < 0 else ""
    return format_html('<span class="money">{}{} {}</span>', sign, currency, f"{abs(amount):,.2f}")


@register.simple_tag
def copy(text: str, label: str = "") -> SafeString:
    """An identifier with a button that copies it."""
    button = _copy_button(text, label or text)
    return format_html('<span class="copy"><code>{}</code>{}</span>', text, button)


@register.simple_tag
def digest(value: str) -> SafeString:
    """The first twelve characters of an image digest; the whole on hover and in the copy button."""
    short = value.removeprefix("sha256:")[:12]
    button = _copy_button(value, _("digest %(digest)s") % {"digest": short})
    return format_html('<span class="copy"><code title="{}">{}</code>{}</span>', value, short, button)


def _copy_button(text: str, label: str) -> SafeString:
    return format_html(
        '<button type="button" class="btn-copy" data-copy="{}" aria-label="{}" title="{}">{}{}</button>',
        text,
        _("Copy %(what)s") % {"what": label},
        _("Copy"),
        icon("copy"),
        icon("check", "copied"),
    )


@register.simple_tag
def widget(field: BoundField, css: str = "") -> SafeString:
    """The input of a form field with the classes the design gives it."""
    own = field.field.widget.attrs.get("class", "")
    invalid = "is-invalid" if field.errors else ""
    classes = " ".join(filter(None, (_widget_class(field), own, css, invalid)))
    return field.as_widget(attrs={"class": classes})


def _widget_class(field: BoundField) -> str:
    kind = field.field.widget
    if isinstance(kind, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(kind, Select) else "form-control"


@register.inclusion_tag("components/toast.html")
def toast(kind: str, text: str = "") -> dict[str, str]:
    """A short notice in the corner; `kind` as in alert, or the level of a Django message."""
    kind = KINDS.get(kind, kind)
    return {"kind": kind, "icon": KIND_ICONS[kind], "text": text}


@register.simple_block_tag
def alert(content: str, kind: str, title: str = "", next_step: str = "") -> SafeString:
    """What happened (title), why (the text between the tags) and what to do (next_step)."""
    kind = KINDS.get(kind, kind)
    facts = {
        "content": content,
        "kind": kind,
        "icon": KIND_ICONS[kind],
        "title": title,
        "next_step": next_step,
    }
    return render_to_string("components/alert.html", facts)


@register.simple_block_tag
def card(content: str, title: str = "", **looks: Any) -> SafeString:
    """A card. Looks: icon, flush (no padding), id, and action with action_url for a link in its header."""
    return render_to_string("components/card.html", {"content": content, "title": title, **looks})


@register.simple_block_tag
def detail(content: SafeString, title: str) -> SafeString:
    """A term and its description; stands inside <dl class="datagrid">."""
    return format_html(
        '<div class="datagrid-item"><dt class="datagrid-title">{}</dt><dd class="datagrid-content">{}</dd></div>',
        title,
        content if content.strip() else NOTHING,
    )


@register.simple_block_tag
def code(content: str, label: str) -> SafeString:
    """A block of text to copy, e.g. a shell command."""
    text = mark_safe(content.strip())  # noqa: S308 - rendered by the template, escaped there
    return render_to_string("components/code.html", {"content": text, "label": label})
