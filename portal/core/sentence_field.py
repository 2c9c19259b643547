"""A column that holds a sentence as data."""

from typing import TYPE_CHECKING, Any

from django.db import models

from portal.core.sentences import NOTHING, Sentence, from_text, to_text

if TYPE_CHECKING:
    _TextField = models.TextField[Sentence, Sentence]
else:
    _TextField = models.TextField


class SentenceField(_TextField):
    """A code with its facts, as JSON; empty for NOTHING. Prose is refused: say it with a code of the catalogue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs = {"blank": True, "default": NOTHING, "editable": False, **kwargs}
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for own in ("blank", "default", "editable"):
            kwargs.pop(own, None)
        return name, path, args, kwargs

    def from_db_value(self, value: str | None, *_: object) -> Sentence:
        return from_text(value or "")

    def to_python(self, value: Any) -> Any:
        return from_text(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sentence):
            return to_text(value)
        if value == "":
            return value
        raise TypeError(f"{self.name} holds a Sentence, not {value!r}.")

    def value_to_string(self, obj: models.Model) -> str:
        return to_text(self.value_from_object(obj))
