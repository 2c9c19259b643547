"""What a model says about its own protection, as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Model

Values = Iterable[str]
Moves = Mapping[str, Values]


@dataclass(frozen=True)
class Protection:
    """Which rows of a table are frozen, and what may still change in them. Everything not named here may not:
    columns that are added later are frozen from the migration that adds them.

    `sentence` is the database's error. All names are those of the model's fields.
    """

    sentence: str
    unless: Mapping[str, Values] = field(default_factory=dict)  # rows are free while the field has such a value
    along: str = ""  # the foreign key to another protected row: frozen with it, and none is added to a frozen one
    moves: Mapping[str, Moves] = field(default_factory=dict)  # per field, from which value to which ones
    once: Iterable[str] = ()  # empty (NULL) fields that may be filled in, and then stay
    may_change: Iterable[str] = ()  # fields that may take any value

    @property
    def movable(self) -> set[str]:
        """The fields of a frozen row that may change at all."""
        return {*self.moves, *self.once, *self.may_change}


def protected_models() -> list[type[Model]]:
    """Every model that declares a protection."""
    return [model for model in apps.get_models() if has_protection(model) and not model._meta.proxy]


def has_protection(model: type[Model]) -> bool:
    """Whether the model, or an abstract one it inherits from, declares one."""
    return isinstance(getattr(model, "protection", None), Protection)


def protection_of(model: Any) -> Protection:
    """The model's declaration; an error in the code when it has none."""
    protection: Protection = model.protection
    return protection
