"""What is wrong with somebody's input, collected field by field, so that all of it is said at once.

The rules of a noun live beside it (`<app>/<noun>/rules.py`) and use this; services apply them and raise Invalid, forms
show the same sentences at their fields, and whoever asked for JSON gets them as problem details.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    ProhibitNullCharactersValidator,
    validate_email,
)
from django.forms import ChoiceField, Field, IntegerField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.core.errors import Invalid
from portal.core.words import Words

Validator = Callable[[Any], None]
REQUIRED = str(Field.default_error_messages["required"])
_NO_NUMBER = str(IntegerField.default_error_messages["invalid"])
_NO_CHOICE = str(ChoiceField.default_error_messages["invalid_choice"])
_no_null = ProhibitNullCharactersValidator()


NO_TEXT = gettext_lazy("Enter a text.")
UNFIT = gettext_lazy("This holds characters that cannot be stored: write them anew.")


def refuse_wrong_types(data: Any) -> None:
    """Raises Invalid for each field of a dataclass that is to be a text, or yes or no, and is something else.

    Forms give nothing else; scripts do. Services ask this first: the rules behind it read the values.
    """
    problems = Problems()
    for field in fields(data):
        value = getattr(data, field.name)
        if field.type is str:
            problems.is_text(field.name, value)
        elif field.type is bool and not isinstance(value, bool):
            problems.add(field.name, _("Say yes or no."))
    problems.refuse()


class Problems(Mapping[str, str]):
    """The first thing that is wrong with each field; the field "" stands for the input as a whole."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def __getitem__(self, field: str) -> str:
        return self._found[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def add(self, field: str, sentence: Words) -> None:
        """Says what is wrong with a field, unless something was said of it already."""
        self._found.setdefault(field, str(sentence))

    def is_text(self, field: str, value: object) -> bool:
        """Whether it is a text that can be stored; says so when it is not."""
        if isinstance(value, str) and _is_storable(value):
            return True
        self.add(field, REQUIRED if value is None else UNFIT if isinstance(value, str) else NO_TEXT)
        return False

    def text(self, field: str, value: object, *, most: int, required: bool = True) -> None:
        """A text of at most `most` characters."""
        if self.is_text(field, value) and isinstance(value, str):
            if required and not value.strip():
                self.add(field, REQUIRED)
            self.check(field, value, _no_null, MaxLengthValidator(most))

    def email(self, field: str, value: str, *, most: int = 254, required: bool = True) -> None:
        """An e-mail address."""
        self.text(field, value, most=most, required=required)
        if value:
            self.check(field, value, validate_email)

    def number(self, field: str, value: object, *, least: int, most: int) -> None:
        """A whole number within bounds, both included; what scripts pass may be no number at all."""
        if value is None or value == "":
            self.add(field, REQUIRED)
        elif not isinstance(value, int) or isinstance(value, bool):
            self.add(field, _NO_NUMBER)
        else:
            self.check(field, value, MinValueValidator(least), MaxValueValidator(most))

    def choice(self, field: str, value: str, among: Collection[str]) -> None:
        """One of the values on offer."""
        if not value:
            self.add(field, REQUIRED)
        elif not isinstance(value, str) or value not in among:
            self.add(field, _NO_CHOICE % {"value": value})

    def shape(self, field: str, value: str, pattern: re.Pattern[str], sentence: Words) -> None:
        """A text that fits the pattern as a whole; empty is left to `text`."""
        if isinstance(value, str) and value and not pattern.fullmatch(value):
            self.add(field, sentence)

    def check(self, field: str, value: object, *validators: Validator) -> None:
        """Asks Django's validators."""
        for validator in validators:
            try:
                validator(value)
            except ValidationError as error:
                self.add(field, error.messages[0])

    def refuse(self) -> None:
        """Raises Invalid when anything is wrong."""
        if self._found:
            raise Invalid(self._found)


def _is_storable(value: str) -> bool:
    """Half a surrogate pair, which JSON can say, fits into no database and no request."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
