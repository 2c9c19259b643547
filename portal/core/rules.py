"""What is wrong with somebody's input, collected field by field, so that all of it is said at once.

The rules of a noun live beside it (`<app>/<noun>/rules.py`) and use this; services apply them and raise Invalid, forms
show the same sentences at their fields, and whoever asked for JSON gets them as problem details.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
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

from portal.core.errors import Invalid

Validator = Callable[[Any], None]
REQUIRED = str(Field.default_error_messages["required"])
_NO_NUMBER = str(IntegerField.default_error_messages["invalid"])
_NO_CHOICE = str(ChoiceField.default_error_messages["invalid_choice"])
_no_null = ProhibitNullCharactersValidator()


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

    def add(self, field: str, sentence: str) -> None:
        """Says what is wrong with a field, unless something was said of it already."""
        self._found.setdefault(field, sentence)

    def text(self, field: str, value: str | None, *, most: int, required: bool = True) -> None:
        """A text of at most `most` characters; None, which scripts may pass, is none."""
        if value is None or not value.strip():
            if required or value is None:
                self.add(field, REQUIRED)
            return
        self.check(field, value, _no_null, MaxLengthValidator(most))

    def email(self, field: str, value: str, *, most: int = 254, required: bool = True) -> None:
        """An e-mail address."""
        self.text(field, value, most=most, required=required)
        if value:
            self.check(field, value, validate_email)

    def number(self, field: str, value: Any, *, least: int, most: int) -> None:
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
        elif value not in among:
            self.add(field, _NO_CHOICE % {"value": value})

    def shape(self, field: str, value: str, pattern: re.Pattern[str], sentence: str) -> None:
        """A text that fits the pattern as a whole; empty is left to `text`."""
        if value and not pattern.fullmatch(value):
            self.add(field, sentence)

    def check(self, field: str, value: Any, *validators: Validator) -> None:
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
