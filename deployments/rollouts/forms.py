"""Forms for deploying and for finding deployments."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deployments import states
from deployments.rollouts.preview import Choice
from deployments.rollouts.rules import NOTE_LENGTH
from portal.core.lists import Filters
from portal.core.looks import look_of
from provisioning.models import Environment

NOTE = _("Kept with the deployment, for example what is new.")


# Choosing shows at once what would change; without JavaScript a button does.
LIVE = {
    "hx-get": "",
    "hx-target": "#plan",
    "hx-swap": "outerHTML",
    "hx-disabled-elt": "unset",
    "hx-trigger": "change",
    "hx-include": "[name=image],[name=environment]",
}


class DeployForm(forms.Form):
    """Which image goes where."""

    image = forms.ChoiceField(
        label=_("Image"),
        widget=forms.Select(attrs=LIVE),
        help_text=_("The newest first. It is deployed by digest: a tag that moves changes nothing."),
    )
    environment = forms.ChoiceField(label=_("Environment"), widget=forms.Select(attrs=LIVE))
    note = forms.CharField(label=_("Note"), max_length=NOTE_LENGTH, required=False, help_text=NOTE)

    def __init__(
        self, *args: Any, choices: Iterable[Choice], environments: Iterable[Environment], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._offer("image", [(each.digest, f"{each.name} · {each.digest[7:19]}") for each in choices])
        self._offer("environment", [(each.slug, each.name) for each in environments])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


class RollbackForm(forms.Form):
    note = forms.CharField(
        max_length=NOTE_LENGTH, required=False, label=_("Why"), help_text=_("Kept with the rollback.")
    )


class DeploymentFilter(Filters):
    """The filters of the history."""

    service = forms.CharField(
        label=_("Service"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search"}),
        validators=[RegexValidator(r"^[a-z0-9-]*\Z")],
    )
    environment = forms.ChoiceField(label=_("Environment"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All states")),
            *((state, look_of(state).label) for state in sorted(states.ACTIVE | states.ENDED)),
        ],
    )

    def __init__(self, data: QueryDict, environments: Iterable[Environment]) -> None:
        super().__init__(data)
        offered = [("", gettext("All environments")), *((each.slug, each.name) for each in environments)]
        self.fields["environment"].choices = offered  # type: ignore[attr-defined]
