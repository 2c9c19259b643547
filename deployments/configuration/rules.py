"""What makes a save of configuration valid: its reason, its keys and their values.

Whether it fits into one save as a whole, Consul's adapter says: that hangs on how it is sent.
"""

from collections.abc import Sequence

from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments import keys
from deployments.configuration.drafts import Line
from portal.core.rules import Problems

MAX_REASON_CHARACTERS = 300
NO_CHANGE = gettext_lazy("Nothing was changed yet: edit a value, add a key or tick one to delete.")
NO_KEY = gettext_lazy("This value needs a key, for example database/host.")
TWICE = gettext_lazy("This key is on this page already: change it there.")
_no_null = ProhibitNullCharactersValidator()


def problems_of(folder: str, lines: Sequence[Line], reason: str) -> Problems:
    """What is wrong with saving these lines; the fields of the first are "changes.0.key" and "changes.0.value"."""
    problems = Problems()
    problems.text("reason", reason, most=MAX_REASON_CHARACTERS)
    if not lines:
        problems.add("", NO_CHANGE)
    for number, line in enumerate(lines):
        for field, sentence in problems_of_line(folder, line.key, line.wish).items():
            problems.add(f"changes.{number}.{field}", sentence)
    for number in repeated(lines):
        problems.add(f"changes.{number}.key", TWICE)
    return problems


def problems_of_line(folder: str, key: str, value: str | None) -> Problems:
    """What is wrong with one key and the value wanted; None: no such key."""
    problems = Problems()
    if not key:
        problems.add("key", NO_KEY)
    if not problems.is_text("key", key):
        return problems
    _check_key(problems, folder, key)
    if value is not None:
        _check_value(problems, value)
    return problems


def problems_of_key(folder: str, key: str) -> Problems:
    """What is wrong with a key alone."""
    problems = Problems()
    _check_key(problems, folder, key)
    return problems


def repeated(lines: Sequence[Line]) -> list[int]:
    """The places of lines whose key an earlier line has."""
    first: dict[str, int] = {}
    return [number for number, line in enumerate(lines) if first.setdefault(line.key, number) != number]


def _check_key(problems: Problems, folder: str, key: str) -> None:
    problems.text("key", key, most=keys.MAX_KEY_CHARACTERS, required=False)
    try:
        keys.full_key(folder, key)
    except keys.InvalidKey as refusal:
        problems.add("key", str(refusal))


def _check_value(problems: Problems, value: str) -> None:
    if not problems.is_text("value", value):
        return
    problems.check("value", value, _no_null)
    size = len(value.encode())
    if size > keys.MAX_VALUE_BYTES:
        problems.add(
            "value",
            _("This is too large: %(size)s bytes, and Consul holds %(max_value_bytes)s.")
            % {"size": f"{size:,}", "max_value_bytes": f"{keys.MAX_VALUE_BYTES:,}"},
        )
