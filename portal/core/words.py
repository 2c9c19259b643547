"""What people read: a text, or one that is marked for translation and said when it is shown."""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # mypy alone knows it
    from django.utils.functional import _StrPromise

Words: TypeAlias = "str | _StrPromise"
