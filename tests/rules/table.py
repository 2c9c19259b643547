"""What a table of refusals is made of: a service, the form people reach it by, and input that both refuse.

Each app has its doors in a module of `tests/rules/doors`; test_rules.py asks each of them with each bad input.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.forms import BaseForm

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Door:
    """One service, and the form people reach it by.

    name: the service's, e.g. "accounts.invite"
    world: makes the rows that form and service need; what it returns is given to both
    form: the bound form for these values
    service: calls the service with these values, as a script would
    good: values that both accept
    bad: what to put in their place, one refusal each
    """

    name: str
    world: Callable[[], Any]
    form: Callable[[Any, Values], BaseForm]
    service: Callable[[Any, Values], object]
    good: Values
    bad: tuple[Values, ...]
    chosen: frozenset[str] = frozenset()  # of these the table looks up what the service is given: they are no texts

    def __str__(self) -> str:
        return self.name


def refusals(doors: Iterable[Door]) -> list[Any]:
    """Each door with each of its bad inputs, as parameters of a test."""
    return [
        pytest.param(door, {**door.good, **wrong}, id=f"{door.name}-{'-'.join(wrong)}-{place}")
        for door in doors
        for place, wrong in enumerate(door.bad)
    ]


def texts_of(door: Door) -> list[str]:
    """The fields that the service takes as texts."""
    return [field for field, value in door.good.items() if isinstance(value, str) and field not in door.chosen]


def said_by(form: BaseForm) -> dict[str, str]:
    """The first sentence the form says of each field; "" stands for the form as a whole."""
    return {("" if field == "__all__" else field): said[0] for field, said in form.errors.items()}
