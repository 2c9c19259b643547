"""Forms for registering services and changing their settings."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deployments.catalog import rules
from deployments.catalog.rules import Identity, NewApplication, Settings
from deployments.models import Application, Service
from portal.accounts.models import Customer
from portal.core.forms import read_as, show_problems
from portal.core.lists import Filters, search
from provisioning.models import AwsAccount
from provisioning.regions import region_choices


class VariablesField(forms.CharField):
    """Environment variables, one NAME=value a line; blank lines and lines that begin with # are left out."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "font-monospace"})

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)  # of the last value it would take what Unicode counts as white space

    def prepare_value(self, value: Any) -> Any:
        return rules.as_lines(value) if isinstance(value, dict) else value

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
                twice = gettext("Line %(number)d: %(name)s is given twice. Keep one of the two.")
                raise forms.ValidationError(twice % {"number": number, "name": name})
            found[name] = value
    return found


def _variable(number: int, line: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    if not equals:
        raise forms.ValidationError(gettext("Line %(number)d: write NAME=value.") % {"number": number})
    if problem := rules.variable_name_problem(name):
        said = gettext("Line %(number)d: %(problem)s") % {"number": number, "problem": problem}
        raise forms.ValidationError(said)
    return name, value


def _number(bounds: rules.Bounds, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(min_value=bounds.least, max_value=bounds.most, **options)


class SettingsForm(forms.Form):
    """What can be changed at any time; it counts from the next deployment on."""

    path = forms.CharField(
        label=_("Path"),
        max_length=rules.PATH_LENGTH,
        initial="/*",
        help_text=_("Requests to these paths reach the service. /api/* means everything under /api/."),
    )
    host = forms.CharField(
        label=_("Host"),
        max_length=rules.HOST_LENGTH,
        required=False,
        help_text=_("Only requests for this host name; empty: for any."),
    )
    health_path = forms.CharField(
        label=_("Health path"),
        max_length=rules.HEALTH_PATH_LENGTH,
        initial="/health",
        help_text=_("Must answer with a status from 200 to 299 when the service is ready for requests."),
    )
    redirect_is_healthy = forms.BooleanField(
        required=False,
        label=_("A redirect counts as healthy"),
        help_text=_(
            "The load balancer then takes 300 to 399, too. A broken application may still redirect to its login."
        ),
    )
    health_check = forms.ChoiceField(
        label=_("Health check"),
        choices=Service.Check.choices,
        initial=Service.Check.PATH,
        widget=forms.RadioSelect,
        help_text=_("Runs in each container every 10 seconds. A task that fails it three times in a row is replaced."),
    )
    health_command = forms.CharField(
        required=False,
        max_length=rules.HEALTH_COMMAND_LENGTH,
        label=_("Command"),
        widget=forms.TextInput(attrs={"spellcheck": "false", "class": "font-monospace"}),
        help_text=_(
            "Must end with 0 when the service is healthy. The container's shell runs it; a list such as "
            "[&quot;program&quot;, &quot;argument&quot;] runs without a shell, as in a Dockerfile."
        ),
    )
    start_seconds = _number(
        rules.START_SECONDS,
        label=_("Start time"),
        initial=120,
        help_text=_(
            "In seconds: how long a new task may take until it answers. During this grace period failed checks "
            "do not count."
        ),
    )
    deadline_minutes = _number(
        rules.DEADLINE_MINUTES,
        label=_("Deadline"),
        initial=15,
        help_text=_("In minutes: a rollout that is not done by then goes back."),
    )
    overlap_seconds = _number(
        rules.OVERLAP_SECONDS,
        label=_("Overlap"),
        initial=15,
        help_text=_(
            "In seconds: for so long the tasks of a new release must run before those of the one before are "
            "stopped. A release that dies soon after its start then costs no outage. 0: they are stopped as soon as "
            "the new ones are healthy."
        ),
    )
    cpu = _number(rules.CPU, label=_("CPU"), initial=128, help_text=_("1024 is one core."))
    memory = _number(
        rules.MEMORY, label=_("Memory"), initial=256, help_text=_("In MiB. A task that needs more is stopped.")
    )
    count = _number(
        rules.COUNT, label=_("Tasks"), initial=2, help_text=_("How many run side by side; 2 survive a broken host.")
    )
    variables = VariablesField(
        label=_("Environment variables"),
        required=False,
        max_length=rules.MOST_CHARACTERS,
        help_text=_("One NAME=value a line. Not for secrets: everybody who may see the service can read them."),
    )

    def chosen(self) -> Settings:
        """What was entered; empty where it could not be read."""
        return read_as(Settings, {"variables": {}} | self.cleaned_data)


class ChangeForm(SettingsForm):
    """New settings for a service."""

    def __init__(self, data: Mapping[str, Any] | None, *, service: Service) -> None:
        super().__init__(data, initial={name: getattr(service, name) for name in self.base_fields})
        self.service = service

    def clean(self) -> None:
        chosen = self.chosen()
        show_problems(
            self,
            rules.settings_problems(self.service.exposure, chosen) or rules.settings_conflicts(self.service, chosen),
        )


NEEDED = "deployments/needed_field.html"  # of two fields one is filled in: which one, a rule says


class RegisterForm(SettingsForm):
    """A new service, of an application that exists or of a new one."""

    application = forms.ModelChoiceField(
        Application.objects.none(),
        label=_("Application"),
        required=False,
        empty_label=_("A new application"),
        help_text=_("The codebase it is part of."),
    )
    new_application = forms.CharField(
        max_length=rules.APPLICATION_LENGTH,
        required=False,
        label=_("Name of the new application"),
    )
    repository_url = forms.CharField(
        max_length=rules.URL_LENGTH,
        required=False,
        label=_("Code repository"),
        help_text=_("For example a git URL."),
    )
    name = forms.CharField(
        max_length=rules.NAME_LENGTH,
        label=_("Name of the service"),
        help_text=_("Lower-case letters, digits and dashes. It cannot be changed later."),
    )
    account = forms.ModelChoiceField(
        AwsAccount.objects.none(), label=_("AWS account"), help_text=_("Holds its images.")
    )
    region = forms.ChoiceField(
        label=_("Region"), help_text=_("Where its images are kept; best where its environments are.")
    )
    port = _number(rules.PORT, label=_("Port"), initial=8080, help_text=_("The container listens on this port."))
    exposure = forms.ChoiceField(
        label=_("Exposure"), choices=Service.Exposure.choices, widget=forms.RadioSelect, initial="public"
    )

    field_order = ("application", "new_application", "repository_url", "name", "account", "region", "port", "exposure")

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        accounts = AwsAccount.objects.for_customer(customer)
        self._choices("application").queryset = applications = Application.objects.for_customer(customer)
        for needed in ("application", "new_application"):
            self.fields[needed].template_name = NEEDED  # type: ignore[attr-defined]  # the stubs lack it
        if not applications.exists():
            self.fields["application"].widget = forms.HiddenInput()
        self._choices("account").queryset = accounts
        self._choices("account").initial = accounts.first()
        self.fields["region"].choices = region_choices()  # type: ignore[attr-defined]

    def _choices(self, name: str) -> Any:
        return self.fields[name]

    def clean(self) -> None:
        asked = self.asked()
        show_problems(self, rules.registration_problems(*asked) or rules.registration_conflicts(*asked))

    def asked(self) -> tuple[Customer, Application | NewApplication, Identity, Settings]:
        """What was entered, as the service takes it; empty where it could not be read."""
        read = self.cleaned_data
        new = NewApplication(read.get("new_application", ""), read.get("repository_url", ""))
        return self.customer, read.get("application") or new, read_as(Identity, read), self.chosen()


class LaneFilter(Filters):
    """Which environments a service's page shows, where there are many."""

    environment = search(_("Environment"))


class ServiceFilter(Filters):
    """The filters of the services page; environments are looked for where there are many."""

    q = search(_("Search"))
    environment = search(_("Environment"))
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=(
            ("", _("All services")),
            ("unhealthy", _("Unhealthy somewhere")),
            ("rolling", _("Being deployed")),
            ("nowhere", _("Deployed nowhere")),
        ),
    )
