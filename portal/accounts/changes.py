"""Audit events as people read them: words instead of codes, and what changed, field by field."""

import json
from dataclasses import dataclass

from django.utils.translation import gettext

from portal.core.looks import look_of
from portal.core.models import AuditEvent
from portal.core.sentences import from_json, is_sentence

NOTHING = "–"


@dataclass(frozen=True)
class Change:
    """One field of what an event is about, before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """An event with its words and changes, for a template."""

    event: AuditEvent
    words: str
    changes: tuple[Change, ...]


def entry(event: AuditEvent) -> Entry:
    """What a line of the audit log shows."""
    fields = [*event.before, *(name for name in event.after if name not in event.before)]
    told = (_change(name, event.before.get(name), event.after.get(name)) for name in fields)
    changes = tuple(change for change in told if change.before != change.after)
    return Entry(event, _words(event.action.replace(".", ": ")), changes)


def _change(name: str, before: object, after: object) -> Change:
    return Change(_words(name), _value(name, before), _value(name, after))


def _value(name: str, value: object) -> str:
    """States are said with the words that the pages use for them, and sentences with theirs."""
    if is_sentence(value):
        return str(from_json(value))
    return look_of(str(value)).word if name == "state" and value else _text(value)


def _words(name: str) -> str:
    words = name.replace("_", " ")
    return gettext(words[:1].upper() + words[1:])  # marked in audit_words.py


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
