"""How forms show what a rule or a service refused."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from django import forms

from portal.core.errors import Invalid, UserError

D = TypeVar("D")


def read_as(shape: type[D], values: Mapping[str, Any]) -> D:
    """A form's values as a rule takes them: a dataclass, with nothing in the fields that could not be read."""
    return shape(**{field.name: values.get(field.name, "") for field in fields(shape)})  # type: ignore[arg-type]


def show_problems(form: forms.BaseForm, problems: Mapping[str, str]) -> None:
    """Puts each sentence at its field; what is about no field of the form goes above it.

    A field that cannot even be read has said so already.
    """
    for field, sentence in problems.items():
        name = field if field in form.fields else None
        if name is None or name not in form.errors:
            form.add_error(name, sentence)


def show_refusal(form: forms.BaseForm, refusal: UserError) -> None:
    """What a service refused: at its fields when it says which, above the form otherwise."""
    if isinstance(refusal, Invalid):
        show_problems(form, refusal.problems)
    else:
        form.add_error(None, str(refusal))
