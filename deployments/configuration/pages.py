"""The page of a place's keys as its template wants it: rows by folder, some of them with a field to edit."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff

from deployments.configuration.drafts import Line
from deployments.configuration.forms import LineForm
from deployments.configuration.selectors import is_secret
from deployments.consul import Entry
from portal.core.redaction import MASK, is_secret_name

INLINE = 4_000  # characters; longer values are edited on a page of their own
DIFF = 40_000  # characters; longer values are not compared line by line


@dataclass(frozen=True)
class Row:
    """A key on the page. Without a form its value can only be looked at, and `note` says why."""

    key: str
    secret: bool
    text: str = ""
    note: str = ""
    form: LineForm | None = None
    long: bool = False

    @property
    def folder(self) -> str:
        return self.key.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def named_secret(self) -> bool:
        """Masked by its name, whatever anybody marks."""
        return is_secret_name(self.key)


@dataclass(frozen=True)
class DiffLine:
    """A line of a comparison: "+" is new, "-" goes, " " stays."""

    sign: str
    text: str


def by_folder(entry: Entry) -> tuple[str, str]:
    """Sorts keys as people read them: those without a folder first, then folder by folder."""
    folder, _, name = entry.key.rpartition("/")
    return folder, name


def note_on(entry: Entry, *, alone: bool) -> str:
    """Why the value cannot be edited here; empty when it can."""
    if entry.base64:
        return "Not text: shown as base64, and changed by the program that writes it."
    if any(char < " " and char not in "\t\n\r" for char in entry.value):
        return "Holds control characters that a browser would change: look only."
    return "" if alone or len(entry.value) <= INLINE else "Long value: shown in part."


def line_of(entry: Entry, marked: frozenset[str]) -> Line:
    """The entry as its editor sees it, with nothing wished yet."""
    return Line(entry.key, entry.value, entry.modify_index, is_secret(entry.key, marked), entry.value)


def looked_at(entry: Entry, marked: frozenset[str], note: str) -> Row:
    """A row without a field."""
    secret = is_secret(entry.key, marked)
    return Row(entry.key, secret, MASK if secret else entry.value[:INLINE], note, long=note.startswith("Long"))


def diff(line: Line) -> list[DiffLine]:
    """The change line by line; secrets show that they change and nothing else."""
    if line.secret:
        return [*_signed("-", MASK if line.base is not None else None), *_signed("+", _new_secret(line))]
    before, after = line.base, line.wish
    if before is None or after is None or len(before) + len(after) > DIFF:
        return [*_signed("-", before), *_signed("+", after)]
    lines = unified_diff(before.split("\n"), after.split("\n"), n=2, lineterm="")
    return [DiffLine(text[0], text[1:]) for text in list(lines)[2:] if not text.startswith("@@")]


def _new_secret(line: Line) -> str | None:
    return f"{MASK} (new)" if line.wish is not None else None


def _signed(sign: str, text: str | None) -> Iterable[DiffLine]:
    return [] if text is None else [DiffLine(sign, part) for part in text[:DIFF].split("\n")]
