"""Filters above a list. They live in the address, and nonsense there filters nothing."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property

from portal.core.lists.columns import Label


class Filters(forms.Form):
    """A form whose fields narrow a list. A field's `initial` counts where nothing sensible is asked for."""

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        given = {name: field.initial for name, field in self.fields.items() if field.initial is not None}
        self.data = {**given, **data.dict()}

    @cached_property
    def criteria(self) -> dict[str, Any]:
        """What is asked for, by field, without what is empty or makes no sense."""
        self.full_clean()
        asked = {name: self.cleaned_data.get(name) or field.initial for name, field in self.fields.items()}
        return {name: value for name, value in asked.items() if value}

    def without(self, name: str) -> None:
        """Takes a filter away where it would find nothing that is not seen anyway."""
        del self.fields[name]
        self.__dict__.pop("criteria", None)

    @property
    def narrows(self) -> bool:
        """Whether anything is asked for that is not so anyway."""
        return any(value != self.fields[name].initial for name, value in self.criteria.items())


def search(label: Label, **options: Any) -> forms.CharField:
    """A field for a part of a name."""
    return forms.CharField(
        required=False, max_length=100, label=label, widget=forms.TextInput({"type": "search"}), **options
    )
