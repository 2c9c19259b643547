"""Forms of the configuration pages: one for each key shown, some empty ones to add keys, the reason, the choice."""

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments import keys
from deployments.configuration import rules
from deployments.configuration.drafts import Clash, Draft, Line
from portal.core.forms import show_problems
from portal.core.redaction import is_secret_name

KEEP = gettext_lazy("Leave empty to keep the present value.")
TYPE_AGAIN = gettext_lazy("Type the secret again: secrets are never sent back to a page.")


def plain(text: str) -> str:
    """The text with the line ends of Unix: browsers send others, whatever stood in the page."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Mute(forms.Textarea):
    """A text area that is always sent empty."""

    def format_value(self, value: Any) -> str:
        return ""


class ValueField(forms.CharField):
    """The text of a value, kept as typed but for line ends."""

    def __init__(self, **options: Any) -> None:
        attrs = {"rows": 1, "spellcheck": "false", "autocomplete": "off", "class": "font-monospace"}
        super().__init__(required=False, strip=False, widget=forms.Textarea(attrs=attrs), **options)

    def clean(self, value: Any) -> Any:
        return plain(super().clean(value))


class LineForm(forms.Form):
    """A key that exists, or that is about to."""

    value = ValueField(label=gettext_lazy("Value"))
    delete = forms.BooleanField(required=False, label=gettext_lazy("Delete"))

    def __init__(self, line: Line, folder: str, *, number: int, data: Any = None) -> None:
        typed = "" if line.secret else line.wish or line.base or ""
        initial = {"value": typed, "delete": line.changed and line.wish is None}
        super().__init__(data, prefix=f"line{number}", initial=initial, use_required_attribute=False)
        self.line, self.folder = line, folder
        widget = _muted(self.fields["value"]) if line.secret else self.fields["value"].widget
        widget.attrs |= {"aria-label": f"Value of {line.key}", "rows": min(8, typed.count("\n") + 1)}
        self.fields["delete"].widget.attrs["aria-label"] = f"Delete {line.key}"
        if line.secret:
            widget.attrs["placeholder"] = "New value typed" if line.changed else KEEP

    def clean(self) -> dict[str, Any]:
        if not self.errors and (wished := self.wished).changed:
            for sentence in rules.problems_of_line(self.folder, wished.key, wished.wish).values():
                self.add_error("value", sentence)  # the key is no field of this form
        return self.cleaned_data

    @property
    def wished(self) -> Line:
        """The line with what the form says."""
        return replace(self.line, wish=None if self.cleaned_data["delete"] else self._value())

    def _value(self) -> str | None:
        value: str = self.cleaned_data["value"]
        line = self.line
        if line.secret and not value:
            return line.base if line.wish is None else line.wish
        return line.base if line.base is not None and plain(line.base) == value else value


class NewKeyForm(forms.Form):
    """A key to add. All empty: none."""

    key = forms.CharField(required=False, max_length=keys.MAX_KEY_CHARACTERS, label=gettext_lazy("Key"))
    value = ValueField(label=gettext_lazy("Value"))
    secret = forms.BooleanField(required=False, label=gettext_lazy("Secret"))

    def __init__(self, folder: str, *, number: int, data: Any = None) -> None:
        super().__init__(data, prefix=f"new{number}", use_required_attribute=False)
        self.folder = folder
        self.fields["key"].widget.attrs |= {
            "spellcheck": "false",
            "autocomplete": "off",
            "placeholder": "database/host",
        }

    def clean(self) -> dict[str, Any]:
        key, value = self.cleaned_data.get("key", ""), self.cleaned_data.get("value", "")
        if key or value:
            show_problems(self, rules.problems_of_line(self.folder, key, value))
        return self.cleaned_data

    @property
    def wished(self) -> Line | None:
        key = self.cleaned_data["key"]
        secret = self.cleaned_data["secret"] or is_secret_name(key)
        return Line(key, None, 0, secret, self.cleaned_data["value"]) if key else None

    def hide_secret(self) -> None:
        """Keeps a secret that was typed out of the page that is sent back."""
        given = {name: self[name].data for name in ("key", "value", "secret")}
        if given["value"] and (given["secret"] or is_secret_name(given["key"] or "")):
            _muted(self.fields["value"])
            self.add_error("value", TYPE_AGAIN)


def _muted(field: forms.Field) -> Mute:
    """Gives the field a text area that is sent empty."""
    field.widget = widget = Mute(field.widget.attrs)
    return widget


class Sheet:
    """The whole page of keys: its lines, and rooms for new ones."""

    def __init__(self, draft: Draft, folder: str, *, rooms: int, data: Any = None) -> None:
        self.lines = [LineForm(line, folder, number=at, data=data) for at, line in enumerate(draft.lines)]
        self.new = [NewKeyForm(folder, number=at, data=data) for at in range(rooms)]
        self.error = ""

    def draft(self) -> Draft | None:
        """The draft as filled in; None when something is wrong, which the fields then say."""
        checked = [form.is_valid() for form in (*self.lines, *self.new)]  # each of them, so that all errors show
        if not all(checked):
            return None
        added = {form: line for form in self.new if (line := form.wished)}
        draft = Draft((*(form.wished for form in self.lines), *added.values()))
        twice = rules.repeated(draft.lines)
        for place in twice:
            [*self.lines, *added][place].add_error("key", rules.TWICE)
        if not draft.changes:
            self.error = str(rules.NO_CHANGE)
        return draft if draft.changes and not twice else None

    def refuse(self) -> Draft:
        """What the page that is sent back is about: secrets typed for its lines are kept in the draft."""
        for form in self.new:
            form.hide_secret()
        return Draft(tuple(form.wished if form.is_valid() and form.line.secret else form.line for form in self.lines))


class ReasonForm(forms.Form):
    """Why: it stands in the history for whoever looks for the cause of something."""

    reason = forms.CharField(
        max_length=rules.MAX_REASON_CHARACTERS,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("What changes for the service, and why."),
    )


class ChoiceForm(forms.Form):
    """For each key that somebody else changed too: mine or theirs."""

    def __init__(self, clashes: tuple[Clash, ...], data: Any = None) -> None:
        super().__init__(data, use_required_attribute=True)
        self.clashes = clashes
        for number, clash in enumerate(clashes):
            self.fields[f"choice{number}"] = forms.ChoiceField(
                label=_("Which value of %(key)s?") % {"key": clash.line.key},
                choices=[("mine", _("Mine")), ("theirs", _("Theirs: leave it as it is now"))],
                widget=forms.RadioSelect,
            )

    @property
    def mine(self) -> set[str]:
        """The keys for which the editor's own value is wanted."""
        return {
            clash.line.key for at, clash in enumerate(self.clashes) if self.cleaned_data.get(f"choice{at}") == "mine"
        }
