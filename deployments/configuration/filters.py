"""Filters of the configuration lists, kept in the address."""

from django import forms


class ServiceFilter(forms.Form):
    """Services by name."""

    q = forms.CharField(required=False, max_length=100, label="Service", widget=forms.TextInput({"type": "search"}))

    def text(self, name: str) -> str:
        """What was typed; empty for nothing or nonsense."""
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")


class KeyFilter(ServiceFilter):
    """Keys by a part of their name."""

    q = forms.CharField(required=False, max_length=100, label="Key", widget=forms.TextInput({"type": "search"}))
