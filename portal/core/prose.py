"""For migrations: columns of prose become columns of sentences, and back. Works on text, whatever the field is now."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import models

from portal.core.sentences import from_json, from_text, is_sentence, said, to_text

A_BATCH = 500
Convert = Callable[[Any], Any]


def to_sentences(model: type[models.Model], *names: str) -> None:
    """What is stored becomes somebody's words, passed on as they are."""
    _convert(model, names, lambda text: to_text(from_text(text)))


def to_prose(model: type[models.Model], *names: str) -> None:
    """Each sentence is said."""
    _convert(model, names, lambda text: str(from_text(text)))


def sentence_of(text: Any) -> Any:
    """Prose within a JSON column, as a sentence there; what is one already stays."""
    return text if is_sentence(text) else said(text or "").as_json()


def prose_of(data: Any) -> Any:
    """A sentence within a JSON column, said."""
    return str(from_json(data))


def rows(found: models.QuerySet[Any], *names: str) -> Iterator[list[Any]]:
    """The rows in batches, each read when the one before has been written."""
    last = 0
    while batch := list(found.filter(pk__gt=last).order_by("pk").only("pk", *names)[:A_BATCH]):
        last = batch[-1].pk
        yield batch


def _convert(model: type[models.Model], names: tuple[str, ...], convert: Convert) -> None:
    for batch in rows(model._default_manager.exclude(**dict.fromkeys(names, "")), *names):
        for row in batch:
            for name in names:
                setattr(row, name, convert(getattr(row, name)))
        model._default_manager.bulk_update(batch, names)
