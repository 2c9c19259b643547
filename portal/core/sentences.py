"""Sentences as data: a code with facts, said in words only when somebody reads it, in the reader's language.

What is stored about a row (why it stands where it does, what to do about it) is a `Sentence`. Nothing decides by its
words: who has to tell two of them apart compares codes. The words are in the `messages.py` of each app.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Union

import structlog

log = structlog.get_logger(__name__)
Fact = Union[str, int, "Sentence"]
SAID, UNKNOWN = "said", "unknown"
MOST_FACTS, MOST_CHARACTERS, DEEPEST = 20, 20_000, 6  # of what is read back


class Template(Protocol):
    """A text with %(named)s places, translated when it is filled in."""

    def __mod__(self, facts: Mapping[str, object], /) -> str: ...


_words: dict[str, Template] = {}
_missed: set[str] = set()


def register(messages: Mapping[str, Template]) -> None:
    """The words of an app's sentences, by code: called once in its `messages.py`."""
    if twice := sorted(_words.keys() & messages.keys()):
        raise ValueError(f"Two texts for {', '.join(twice)}.")
    _words.update(messages)


def catalogue() -> Mapping[str, Template]:
    """All words, by code."""
    return _words


@dataclass(frozen=True, init=False, repr=False)
class Sentence:
    """`Sentence("rollouts.canceled", by="Ann")`. A fact may be a sentence itself; without a code nothing is said."""

    code: str
    facts: Mapping[str, Fact] = field(hash=False)

    def __init__(self, code: str = "", /, **facts: Fact) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "facts", facts)

    def __bool__(self) -> bool:
        return bool(self.code)

    def __str__(self) -> str:
        if not self.code:
            return ""
        said = {name: str(fact) if isinstance(fact, Sentence) else fact for name, fact in self.facts.items()}
        try:
            return _words[self.code] % said
        except (LookupError, TypeError, ValueError):
            return self._kept()

    def __repr__(self) -> str:
        return f"Sentence({self.code!r}, {dict(self.facts)!r})"

    def _kept(self) -> str:
        """Of a row that a newer or older portal has written: the text it carries, or that there are no words."""
        if self.code not in _missed:
            _missed.add(self.code)
            log.error("sentences.no_words", code=self.code, facts=sorted(self.facts))
        text = self.facts.get("text")
        return str(text) if text else str(_words.get(UNKNOWN, "") % {})

    def as_json(self) -> dict[str, object]:
        """The sentence as it is stored and audited; empty when nothing is said."""
        if not self.code:
            return {}
        facts = {name: fact.as_json() if isinstance(fact, Sentence) else fact for name, fact in self.facts.items()}
        return {"code": self.code, "facts": facts}


NOTHING = Sentence()


def said(text: str) -> Sentence:
    """Somebody else's words, passed on as they are: they have no code and no translation."""
    return Sentence(SAID, text=text[:MOST_CHARACTERS]) if text else NOTHING


def from_json(data: object, *, depth: int = 0) -> Sentence:
    """What `as_json` has made. Anything else is said as it is: no old row keeps a page from being shown."""
    if not data:
        return NOTHING
    if not is_sentence(data) or depth > DEEPEST:
        return said(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, default=str))
    assert isinstance(data, Mapping)
    facts = list(data["facts"].items())[:MOST_FACTS]
    return Sentence(data["code"], **{str(name): _fact(value, depth + 1) for name, value in facts})


def is_sentence(data: object) -> bool:
    """Whether this is what `as_json` makes."""
    if not isinstance(data, Mapping) or data.keys() != {"code", "facts"}:
        return False
    return isinstance(data["code"], str) and isinstance(data["facts"], Mapping)


def _fact(value: object, depth: int) -> Fact:
    if isinstance(value, int):
        return value
    return value[:MOST_CHARACTERS] if isinstance(value, str) else from_json(value, depth=depth)


def to_text(sentence: Sentence) -> str:
    """One line of JSON; empty when nothing is said."""
    return json.dumps(sentence.as_json(), ensure_ascii=False, separators=(",", ":")) if sentence else ""


def from_text(text: str) -> Sentence:
    """What `to_text` has made; other text is said as it is."""
    if not text.startswith("{"):
        return said(text)
    try:
        data = json.loads(text)
    except ValueError:
        return said(text)
    return from_json(data) if is_sentence(data) else said(text)
