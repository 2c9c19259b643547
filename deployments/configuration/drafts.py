"""What somebody is about to change, carried from page to page in an encrypted form field.

Nothing waits on the server, nothing typed is lost when a save is refused, and no secret stands in the HTML.
"""

import json
import zlib
from base64 import b64decode, b64encode
from dataclasses import astuple, dataclass, field, replace
from typing import Any, Self
from uuid import uuid4

from django.utils.translation import gettext as _

from deployments.consul import Change, Conflict
from portal.core.encryption import decrypt, encrypt
from portal.core.errors import UserError


class StaleDraft(UserError):
    """The form field is not one of ours, or belongs to another page."""

    code = "stale_draft"
    status = 422


@dataclass(frozen=True)
class Line:
    """A key as its editor saw it, and what they wish of it."""

    key: str
    base: str | None = field(repr=False)  # the value seen; None: there was no such key
    base_index: int  # its modify index; 0: there was none
    secret: bool
    wish: str | None = field(repr=False)  # the value wanted; None: no such key

    @property
    def changed(self) -> bool:
        return self.wish != self.base

    @property
    def action(self) -> str:
        """A value of ConfigurationChange.Action."""
        if self.wish is None:
            return "delete"
        return "add" if self.base is None else "change"

    @property
    def change(self) -> Change:
        return Change(self.key, self.wish, self.base_index)


@dataclass(frozen=True)
class Clash:
    """A line whose key somebody else changed meanwhile, and what stands there now."""

    line: Line
    theirs: str | None = field(repr=False)
    theirs_index: int
    editable: bool = True  # False: theirs is not text

    @property
    def same(self) -> bool:
        return self.editable and self.theirs == self.line.wish

    @property
    def mine(self) -> Line:
        """My wish, on top of theirs."""
        return replace(self.line, base=self.theirs, base_index=self.theirs_index)

    @classmethod
    def of(cls, line: Line, conflict: Conflict) -> Self:
        theirs = conflict.theirs
        if theirs is None:
            return cls(line, None, 0)
        return cls(line, theirs.value, theirs.modify_index, editable=not theirs.base64)


@dataclass(frozen=True)
class Draft:
    """The lines of a page. Saving the same draft twice is saving it once: `save_id` tells."""

    lines: tuple[Line, ...]
    clashes: tuple[Clash, ...] = ()
    save_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def changes(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.changed)

    def resolved(self, keep_mine: set[str]) -> "Draft":
        """A new draft: of the clashing keys those in `keep_mine` stay wished, on top of theirs."""
        clashing = {clash.line.key for clash in self.clashes}
        mine = (clash.mine for clash in self.clashes if clash.line.key in keep_mine)
        return Draft((*(line for line in self.lines if line.key not in clashing), *mine))


def seal(draft: Draft, prefix: str, user_id: int) -> str:
    """The draft as text that only the portal can read, and only for this user and this service's folder.

    Packed, because a form as a whole has a limit (DATA_UPLOAD_MAX_MEMORY_SIZE) and a value may be large.
    """
    sealed = {
        "for": [prefix, user_id],
        "save_id": draft.save_id,
        "lines": [[*astuple(line)[:4], *([line.wish] if line.changed else [])] for line in draft.lines],
        "clashes": [[clash.line.key, *astuple(clash)[1:]] for clash in draft.clashes],
    }
    packed = zlib.compress(json.dumps(sealed, ensure_ascii=False).encode())
    return encrypt(b64encode(packed).decode())


def unseal(text: str, prefix: str, user_id: int) -> Draft:
    """The draft; StaleDraft when the text is none or was made for another page or person."""
    try:
        sealed: dict[str, Any] = json.loads(zlib.decompress(b64decode(decrypt(text))))
    except ValueError:
        sealed = {}
    if sealed.get("for") != [prefix, user_id]:
        raise StaleDraft(_("This form is no longer valid. Open the configuration again and repeat your change."))
    lines = {line[0]: _line(*line) for line in sealed["lines"]}
    clashes = tuple(Clash(lines[key], *rest) for key, *rest in sealed["clashes"])
    return Draft(tuple(lines.values()), clashes, sealed["save_id"])


def _line(key: str, base: str | None, base_index: int, secret: bool, *wish: str | None) -> Line:
    return Line(key, base, base_index, secret, wish[0] if wish else base)
