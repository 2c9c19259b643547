"""What both databases' modules make and find: triggers, told from other people's by their names."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import truncate_name
from django.db.models import Model

PREFIX = "portal_protects_"
LONGEST_NAME = 63  # PostgreSQL's; it would cut a longer one silently
# Made by migrations core.0002 and billing.0002 before protection was declared beside the models.
LEGACY = {
    "core_auditevent": ["core_auditevent_no_update", "core_auditevent_no_delete"],
    "billing_invoice": ["billing_invoice_update", "billing_invoice_delete"],
    "billing_charge": ["billing_charge_insert", "billing_charge_update", "billing_charge_delete"],
}


class Key(NamedTuple):
    """Which trigger on which table."""

    table: str
    name: str

    @classmethod
    def of(cls, model: type[Model], event: str) -> "Key":
        """Our trigger for an event (UPDATE, DELETE ...) on the model's table."""
        table = model._meta.db_table
        return cls(table, truncate_name(f"{PREFIX}{table}_{event.lower()}", LONGEST_NAME))

    @property
    def is_ours(self) -> bool:
        """Made by this package, or by the migrations that did its work before."""
        return self.name.startswith(PREFIX) or self.name in LEGACY.get(self.table, [])


@dataclass(frozen=True)
class Trigger:
    """A trigger as it should be: `definition` is what the database shows of it, `statements` make it."""

    key: Key
    definition: str
    statements: Sequence[str]


@dataclass
class Found:
    """What a database has of ours: its triggers' definitions, and how to make those of a model whose table exists."""

    triggers: dict[Key, str] = field(default_factory=dict)
    tables: dict[str, Callable[[type[Model]], list[Trigger]]] = field(default_factory=dict)

    def wanted(self, models: Iterable[type[Model]]) -> list[Trigger]:
        """What should be there."""
        there = [model for model in models if model._meta.db_table in self.tables]
        return [trigger for model in there for trigger in self.tables[model._meta.db_table](model)]


class Database(Protocol):
    """What postgresql.py and sqlite.py both offer."""

    def look(self, connection: BaseDatabaseWrapper, tables: list[str]) -> Found:
        """Reads the catalogue: these tables, and every trigger of ours."""

    def drop(self, keys: Iterable[Key]) -> list[str]:
        """The statements that take these triggers away."""
