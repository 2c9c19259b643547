"""What a page says outside of the brackets of the pseudo-locale."""

import re
from html.parser import HTMLParser

from django.apps import apps
from django.conf import settings
from django.db import models

from tests.words.pseudo import CLOSE, OPEN

SPOKEN = ("aria-label", "title", "placeholder", "alt", "hx-confirm")
SILENT = {"script", "style", "code", "pre", "svg"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
WORD = re.compile(r"[^\W\d_]{2,}")
# What is called the same in every language.
NAMES = {
    "in4it",
    "AWS",
    "ECS",
    "EC",
    "Consul",
    "EUR",
    "CET",
    "CEST",
    "UTC",
    "kB",
    "MB",
    "MiB",
    "GiB",
    "CSV",
    "PDF",
    "http",
    "https",
    "min",
}


def unmarked(page: str, data: frozenset[str]) -> list[str]:
    """The words of a page that are neither marked for translation nor `data`, with what stands around them."""
    reader = _Reader(data)
    reader.feed(page)
    return reader.found


def words_of_rows() -> frozenset[str]:
    """Every word that stands in the database: it may be shown as it is."""
    words: set[str] = set()
    for model in apps.get_models():
        kinds = (models.CharField, models.TextField, models.JSONField)
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, kinds)]
        if names and model._meta.managed:
            for row in model._default_manager.values_list(*names):
                words.update(WORD.findall(" ".join(str(value) for value in row)))
    words.update(WORD.findall(" ".join(str(value) for value in [*settings.SELLER.values(), *settings.AWS_REGIONS])))
    return frozenset(words | NAMES)


class _Reader(HTMLParser):
    """Reads all that is read out, in the order of the page: a sentence may go on in the next element."""

    def __init__(self, data: frozenset[str]) -> None:
        super().__init__()
        self.data, self.depth, self.silent, self.found = data, 0, [], []  # type: ignore[var-annotated]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_silent = tag in SILENT or given.get("name") == "country"  # the names of countries are a list of their own
        if tag not in VOID and (self.silent or is_silent):
            self.silent.append(tag)
        if not self.silent and tag != "time":
            for name in SPOKEN:
                self._note(_outside(given.get(name) or "", 0)[0])

    def handle_endtag(self, tag: str) -> None:
        if self.silent and tag in self.silent:
            while self.silent.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.silent:
            outside, self.depth = _outside(data, self.depth)
            self._note(outside)

    def _note(self, text: str) -> None:
        words = [word for word in WORD.findall(text) if word not in self.data]
        if words:
            self.found.append(f"{' '.join(words)} (in: {' '.join(text.split())[:80]})")


def _outside(text: str, depth: int) -> tuple[str, int]:
    """The part of a text that stands outside of all brackets, and how many are open at its end."""
    outside = []
    for character in text:
        if character == OPEN:
            depth += 1
            outside.append(" ")
        elif character == CLOSE:
            depth -= 1
        elif depth == 0:
            outside.append(character)
    return "".join(outside), depth
