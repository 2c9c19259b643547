"""The one choke point where secrets are taken out of what is logged, audited or shown.

Strangers choose much of that text, so every expression here is linear in it: no two places from which one can begin
read the same characters, and what has been read is not given back (tests/core/test_redaction_speed.py).
"""

import re
from collections.abc import Mapping
from typing import Any

MASK = "••••••"
_SECRET_NAME = re.compile(
    r"secret|password|passwd|token|credential|private.?key|access.?key(?!.?id)|api.?key|authorization|cookie",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"  # the id of an AWS access key
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)"
    r"|(?<=/invitations/)[^/\s'\"]+|(?<=/password/reset/key/)[^/\s'\"]+"  # addresses that are as good as a password
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # a name and password within an address
    r"|(?<=Authorization: Basic )\S+|(?<=Bearer )\S{8,}",
    re.DOTALL,
)

# NAME=value and "name": value, as log lines have them
_NAME = re.compile(r"(?<![\w.-])([\w.-]++)(\"?[=:]\s*+)(?!Basic |Bearer )(?=\S)")
_WORD = re.compile(r"\S+")


def is_secret_name(name: str) -> bool:
    """Whether a key or variable of this name is taken to hold a secret."""
    return bool(_SECRET_NAME.search(name))


def shortened(text: str, length: int) -> str:
    """The first `length` characters, to be redacted; a whole word at the end, unless that would lose half of them.

    Half a secret is recognised by nothing: the password of an address, for one, by the @ behind it.
    """
    if len(text) <= length:
        return text
    head = text[: length + 1]
    words = "".join(head.rsplit(maxsplit=1)[:-1])
    return f"{words if 2 * len(words) > length else head[:-1]}…"


def redact(value: Any, name: str = "") -> Any:
    """`value` with everything secret in it masked, by the name it goes under and by its own shape."""
    if value and is_secret_name(name) and not isinstance(value, bool):
        return MASK
    if isinstance(value, Mapping):
        return {key: redact(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(inner) for inner in value]
    return _redact_text(value) if isinstance(value, str) else value


def _redact_text(text: str) -> str:
    return _mask_named(_SECRET_VALUE.sub(MASK, text))


def _mask_named(text: str) -> str:
    """Masks what stands behind a secret name.

    The value of another name may hold names of its own ("error: password=x"), unless it follows a bare colon:
    addresses, ARNs and times are one word.
    """
    parts, done = [], 0
    for found in _NAME.finditer(text):
        if found.start() < done:
            continue
        secret, one_word = is_secret_name(found[1]), found[2] == ":"
        if secret or one_word:  # its value is read once, and not looked into
            end = _end_of_word(text, found.end())
            parts += [text[done : found.end()], MASK if secret else text[found.end() : end]]
            done = end
    return "".join([*parts, text[done:]])


def _end_of_word(text: str, start: int) -> int:
    word = _WORD.match(text, start)
    return word.end() if word else start
