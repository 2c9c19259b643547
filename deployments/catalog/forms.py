"""Forms for registering services and changing their settings."""

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from deployments.catalog.services import Identity, Settings
from deployments.models import Application, Service
from portal.accounts.models import Customer
from provisioning.forms import region_choices
from provisioning.models import AwsAccount

MOST_VARIABLES = 100
MOST_CHARACTERS = 16_000  # of all variables: AWS takes 64 KiB for a whole task definition, counted as JSON
MOST_WILDCARDS = 5  # of one listener rule, path and host together: AWS's limit
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = RegexValidator(
    r"^/[A-Za-z0-9_.$/~@:+&*?-]*\Z",
    "Begin with a slash; letters, digits, - _ . / and the wildcards * and ? can follow.",
)
_HEALTH_PATH = RegexValidator(r"^/[A-Za-z0-9_.$/~@:+&?=-]*\Z", "Begin with a slash, for example /health.")
_HOST = RegexValidator(
    r"^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}\Z", "Enter a host name, for example shop.example.com."
)
_OWN_ADDRESSES = frozenset({"new"})  # pages beside those of the services


class VariablesField(forms.CharField):
    """Environment variables, one NAME=value a line; blank lines and lines that begin with # are left out."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "font-monospace"})

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)  # of the last value it would take what Unicode counts as white space

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{name}={said}" for name, said in value.items()) if isinstance(value, dict) else value

    def clean(self, value: Any) -> dict[str, str]:
        return parse_variables(super().clean(value))


def parse_variables(text: str) -> dict[str, str]:
    """Raises ValidationError that names the line. What Unicode has for line ends besides belongs to the values."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found: dict[str, str] = {}
    for number, line in enumerate((line.strip(" \t") for line in lines), 1):
        if line and not line.startswith("#"):
            name, value = _variable(number, line)
            if name in found:
                raise forms.ValidationError(f"Line {number}: {name} is given twice. Keep one of the two.")
            found[name] = value
    if len(found) > MOST_VARIABLES:
        raise forms.ValidationError(f"These are {len(found)} variables: at most {MOST_VARIABLES} fit.")
    return found


def _variable(number: int, line: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    if not equals:
        raise forms.ValidationError(f"Line {number}: write NAME=value.")
    if not _NAME.fullmatch(name):
        raise forms.ValidationError(
            f"Line {number}: {name or 'an empty name'} cannot be a name. Use letters, digits and underscores, "
            "and do not begin with a digit."
        )
    return name, value


class SettingsForm(forms.Form):
    """What can be changed at any time; it counts from the next deployment on."""

    path = forms.CharField(
        max_length=100,
        initial="/*",
        validators=[_PATH],
        help_text="Requests to these paths reach the service. /api/* means everything under /api/.",
    )
    host = forms.CharField(
        max_length=100,
        required=False,
        validators=[_HOST],
        help_text="Only requests for this host name; empty: for any.",
    )
    health_path = forms.CharField(
        max_length=200,
        initial="/health",
        validators=[_HEALTH_PATH],
        help_text="Must answer with a status from 200 to 399 when the service is ready for requests.",
    )
    cpu = forms.IntegerField(label="CPU", min_value=16, max_value=4096, initial=128, help_text="1024 is one core.")
    memory = forms.IntegerField(
        min_value=16, max_value=30_720, initial=256, help_text="In MiB. A task that needs more is stopped."
    )
    count = forms.IntegerField(
        label="Tasks",
        min_value=1,
        max_value=50,
        initial=2,
        help_text="How many run side by side; 2 survive a broken host.",
    )
    variables = VariablesField(
        label="Environment variables",
        required=False,
        max_length=MOST_CHARACTERS,
        help_text="One NAME=value a line. Not for secrets: everybody who may see the service can read them.",
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        said = f"{data.get('path', '')}{data.get('host', '')}"
        if sum(said.count(wildcard) for wildcard in "*?") > MOST_WILDCARDS:
            self.add_error("path", f"The load balancer takes at most {MOST_WILDCARDS} wildcards, * and ?, in all.")
        return data

    def chosen(self) -> Settings:
        return Settings(**{name: self.cleaned_data[name] for name in SettingsForm.base_fields})


class RegisterForm(SettingsForm):
    """A new service, of an application that exists or of a new one."""

    application = forms.ModelChoiceField(
        Application.objects.none(),
        required=False,
        empty_label="A new application",
        help_text="The codebase it is part of.",
    )
    new_application = forms.CharField(
        max_length=80, required=False, label="Name of the new application", help_text="Only when it is a new one."
    )
    repository_url = forms.CharField(
        max_length=300,
        required=False,
        label="Code repository",
        help_text="Of the new application, for example a git URL.",
    )
    name = forms.CharField(
        max_length=40,
        label="Name of the service",
        validators=Service._meta.get_field("name").validators,
        help_text="Lower-case letters, digits and dashes. It cannot be changed later.",
    )
    account = forms.ModelChoiceField(AwsAccount.objects.none(), label="AWS account", help_text="Holds its images.")
    region = forms.ChoiceField(help_text="Where its images are kept; best where its environments are.")
    port = forms.IntegerField(
        min_value=1, max_value=65_535, initial=8080, help_text="The container listens on this port."
    )
    exposure = forms.ChoiceField(choices=Service.Exposure.choices, widget=forms.RadioSelect, initial="public")

    field_order = ("application", "new_application", "repository_url", "name", "account", "region", "port", "exposure")

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = AwsAccount.objects.for_customer(customer)
        self._choices("application").queryset = Application.objects.for_customer(customer)
        self._choices("account").queryset = accounts
        self._choices("account").initial = accounts.first()
        self.fields["region"].choices = region_choices()  # type: ignore[attr-defined]

    def _choices(self, name: str) -> Any:
        return self.fields[name]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if "--" in name:
            raise forms.ValidationError("Use single dashes: AWS makes no image repository for a name with two.")
        if name in _OWN_ADDRESSES:
            raise forms.ValidationError(f"{name} is an address of the portal itself. Choose another name.")
        return name

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("application") and not data.get("new_application"):
            self.add_error("new_application", "Choose an application, or give a new one a name.")
        return data

    def identity(self) -> Identity:
        chosen = ("name", "account", "region", "port", "exposure")
        return Identity(**{name: self.cleaned_data[name] for name in chosen})


class ServiceFilter(forms.Form):
    """The filters of the services page; they live in the URL."""

    q = forms.CharField(required=False, label="Search", widget=forms.TextInput(attrs={"type": "search"}))
    show = forms.ChoiceField(
        required=False,
        choices=(
            ("", "All services"),
            ("unhealthy", "Unhealthy somewhere"),
            ("rolling", "Being deployed"),
            ("nowhere", "Deployed nowhere"),
        ),
    )
