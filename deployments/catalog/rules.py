"""What makes applications and services valid: names, addresses, sizes, and what AWS takes of them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.forms import ModelChoiceField
from django.utils.text import slugify
from django.utils.translation import gettext as _

from deployments.catalog import health, selectors
from deployments.models import Application, Service
from portal.accounts.models import Customer
from portal.core.rules import REQUIRED, Problems
from provisioning.models import AwsAccount


class Bounds(NamedTuple):
    """Of a number, both included."""

    least: int
    most: int


CPU, MEMORY, COUNT, PORT = Bounds(16, 4096), Bounds(16, 30_720), Bounds(1, 50), Bounds(1, 65_535)
START_SECONDS, DEADLINE_MINUTES, OVERLAP_SECONDS = Bounds(0, 1800), Bounds(2, 240), Bounds(0, 600)
NAME_LENGTH, PATH_LENGTH, HOST_LENGTH, HEALTH_PATH_LENGTH = 40, 100, 100, 200
APPLICATION_LENGTH, URL_LENGTH, HEALTH_COMMAND_LENGTH = 80, 300, 500
MOST_VARIABLES = 100
MOST_CHARACTERS = 16_000  # of all variables, as people write them
MOST_BYTES = 60_000  # of all variables, as they are sent: AWS takes 64 KiB for a whole task definition
MOST_WILDCARDS = 5  # of one listener rule, path and host together: AWS's limit

_NAME = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_PATH = re.compile(r"/[A-Za-z0-9_.$/~@:+&*?-]*")
_HEALTH_PATH = re.compile(r"/[A-Za-z0-9_.$/~@:+&?=-]*")
_HOST = re.compile(r"^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LINE_END = re.compile(r"[\r\n]")
_OWN_ADDRESSES = frozenset({"new"})  # pages beside those of the services
_NO_SUCH = str(ModelChoiceField.default_error_messages["invalid_choice"])


@dataclass(frozen=True)
class Settings:
    """What can be changed after registration; it counts from the next deployment on."""

    path: str = "/*"
    host: str = ""
    health_path: str = "/health"
    redirect_is_healthy: bool = False
    health_check: str = Service.Check.PATH
    health_command: str = ""
    start_seconds: int = 120
    deadline_minutes: int = 15
    overlap_seconds: int = 0
    cpu: int = 128
    memory: int = 256
    count: int = 2
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Identity:
    """What a service is and stays: its place in AWS is made of these."""

    name: str
    account: AwsAccount
    region: str
    port: int = 8080
    exposure: str = Service.Exposure.PUBLIC


@dataclass(frozen=True)
class NewApplication:
    """An application that is made together with its first service."""

    name: str
    repository_url: str = ""

    @property
    def slug(self) -> str:
        """What tells it from the customer's other applications."""
        return slugify(self.name)[:40] or "application"


def application_problems(new: NewApplication) -> Problems:
    """What is wrong with an application to be made."""
    problems = Problems()
    if not new.name.strip():
        problems.add("new_application", _("Choose an application, or give a new one a name."))
    problems.text("new_application", new.name, most=APPLICATION_LENGTH)
    problems.text("repository_url", new.repository_url, most=URL_LENGTH, required=False)
    return problems


def application_conflicts(customer: Customer, new: NewApplication) -> Problems:
    """Which other application stands in its way."""
    problems = Problems()
    if selectors.has_application(customer, new.slug):
        problems.add("new_application", application_taken(new.name))
    return problems


def registration_problems(
    customer: Customer, application: Application | NewApplication, identity: Identity, chosen: Settings
) -> Problems:
    """What is wrong with a service to be registered, whatever the customer has already."""
    problems = application_problems(application) if isinstance(application, NewApplication) else Problems()
    if isinstance(application, Application) and application.customer_id != customer.pk:
        problems.add("application", _NO_SUCH)
    _check_name(problems, identity.name)
    if not identity.account:
        problems.add("account", REQUIRED)
    elif identity.account.customer_id != customer.pk:
        problems.add("account", _NO_SUCH)
    problems.choice("region", identity.region, settings.AWS_REGIONS)
    problems.number("port", identity.port, **PORT._asdict())
    problems.choice("exposure", identity.exposure, Service.Exposure.values)
    _check_settings(problems, identity.exposure, chosen)
    return problems


def registration_conflicts(
    customer: Customer, application: Application | NewApplication, identity: Identity, chosen: Settings
) -> Problems:
    """Which of the customer's other applications and services stand in its way."""
    problems = application_conflicts(customer, application) if isinstance(application, NewApplication) else Problems()
    if selectors.has_service(customer, identity.name):
        problems.add("name", name_taken(identity.name))
    _check_route(problems, customer, identity.exposure, chosen)
    return problems


def settings_problems(exposure: str, chosen: Settings) -> Problems:
    """What is wrong with settings of a public or internal service, whatever the customer has already."""
    problems = Problems()
    _check_settings(problems, exposure, chosen)
    return problems


def settings_conflicts(service: Service, chosen: Settings) -> Problems:
    """Which other service stands in the way of new settings."""
    problems = Problems()
    _check_route(problems, service.customer, service.exposure, chosen, besides=service)
    return problems


def application_taken(name: str) -> str:
    return _("There is an application %(name)s already. Choose it, or give this one another name.") % {"name": name}


def name_taken(name: str) -> str:
    return _("There is a service %(name)s already. Give this one another name.") % {"name": name}


def variable_name_problem(name: str) -> str:
    """Why a variable cannot be called that; empty when it can."""
    if _VARIABLE.fullmatch(name):
        return ""
    said = _("%(name)s cannot be a name. Use letters, digits and underscores, and do not begin with a digit.")
    return said % {"name": name or _("an empty name")}


def as_lines(variables: Mapping[str, str]) -> str:
    """Variables as people write them."""
    return "\n".join(f"{name}={value}" for name, value in variables.items())


def _check_name(problems: Problems, name: str) -> None:
    problems.text("name", name, most=NAME_LENGTH)
    problems.shape("name", name, _NAME, _("Use lower-case letters, digits and dashes, starting with a letter."))
    if "--" in name:
        problems.add("name", _("Use single dashes: AWS makes no image repository for a name with two."))
    if name in _OWN_ADDRESSES:
        problems.add("name", _("%(name)s is an address of the portal itself. Choose another name.") % {"name": name})


def _check_settings(problems: Problems, exposure: str, chosen: Settings) -> None:
    _check_requests(problems, chosen)
    _check_health(problems, chosen)
    _check_times(problems, exposure, chosen)
    problems.number("cpu", chosen.cpu, **CPU._asdict())
    problems.number("memory", chosen.memory, **MEMORY._asdict())
    problems.number("count", chosen.count, **COUNT._asdict())
    _check_variables(problems, chosen.variables)


def _check_requests(problems: Problems, chosen: Settings) -> None:
    problems.text("path", chosen.path, most=PATH_LENGTH)
    problems.shape(
        "path",
        chosen.path,
        _PATH,
        _("Begin with a slash; letters, digits, - _ . / and the wildcards * and ? can follow."),
    )
    problems.text("host", chosen.host, most=HOST_LENGTH, required=False)
    problems.shape("host", chosen.host, _HOST, _("Enter a host name, for example shop.example.com."))
    if sum((chosen.path + chosen.host).count(wildcard) for wildcard in "*?") > MOST_WILDCARDS:
        many = _("The load balancer takes at most %(most)d wildcards, * and ?, in all.") % {"most": MOST_WILDCARDS}
        problems.add("path", many)


def _check_health(problems: Problems, chosen: Settings) -> None:
    problems.text("health_path", chosen.health_path, most=HEALTH_PATH_LENGTH)
    problems.shape("health_path", chosen.health_path, _HEALTH_PATH, _("Begin with a slash, for example /health."))
    if {".", ".."} & set(chosen.health_path.partition("?")[0].split("/")):
        problems.add("health_path", _("Write the path itself, without /./ and /../ in it."))
    problems.choice("health_check", chosen.health_check, Service.Check.values)
    _check_command(problems, chosen)


def _check_command(problems: Problems, chosen: Settings) -> None:
    command = chosen.health_command
    if chosen.health_check == Service.Check.COMMAND and not command.strip():
        problems.add("health_command", _("Write the command that ends with 0 when the service is healthy."))
    problems.text("health_command", command, most=HEALTH_COMMAND_LENGTH, required=False)
    if _LINE_END.search(command):
        problems.add("health_command", _("Write the command on one line."))
    try:
        health.own_command(command)
    except ValueError as error:
        problems.add("health_command", str(error))


def _check_times(problems: Problems, exposure: str, chosen: Settings) -> None:
    problems.number("start_seconds", chosen.start_seconds, **START_SECONDS._asdict())
    problems.number("deadline_minutes", chosen.deadline_minutes, **DEADLINE_MINUTES._asdict())
    problems.number("overlap_seconds", chosen.overlap_seconds, **OVERLAP_SECONDS._asdict())
    if {"start_seconds", "deadline_minutes", "overlap_seconds"} & problems.keys():
        return
    if exposure == Service.Exposure.INTERNAL and chosen.start_seconds > health.LONGEST_START:
        sentence = _("Choose %(most)d seconds or less: for an internal service AWS waits no longer.") % {
            "most": health.LONGEST_START
        }
        problems.add("start_seconds", sentence)
    least = (chosen.start_seconds + chosen.overlap_seconds) // 60 + 1
    if chosen.deadline_minutes < least:
        problems.add("deadline_minutes", _too_early(chosen, least))


def _too_early(chosen: Settings, least: int) -> str:
    """What is said of a deadline before a rollout in which all goes well may be done."""
    facts = {"start": chosen.start_seconds, "overlap": chosen.overlap_seconds, "least": least}
    if not chosen.overlap_seconds:
        return _("A new task may take %(start)d s to start: choose %(least)d minutes or more.") % facts
    return (
        _(
            "A new task may take %(start)d s to start, and runs %(overlap)d s beside the old ones: "
            "choose %(least)d minutes or more."
        )
        % facts
    )


def _check_variables(problems: Problems, variables: Mapping[str, str]) -> None:
    if not isinstance(variables, dict) or not all(isinstance(each, str) for pair in variables.items() for each in pair):
        problems.add("variables", _("Give each variable a name and a text."))
        return
    for sentence in filter(None, map(variable_name_problem, variables)):
        problems.add("variables", sentence)
    for name, value in variables.items():
        if _LINE_END.search(value):
            lines = _("The value of %(name)s has more than one line. Write it on one.") % {"name": name}
            problems.add("variables", lines)
    if len(variables) > MOST_VARIABLES:
        many = _("These are %(count)d variables: at most %(most)d fit.")
        problems.add("variables", many % {"count": len(variables), "most": MOST_VARIABLES})
    problems.text("variables", as_lines(variables), most=MOST_CHARACTERS, required=False)
    sent = len(json.dumps([{"name": name, "value": value} for name, value in variables.items()]))
    if sent > MOST_BYTES:
        large = _("These variables take %(sent)d bytes as AWS counts them: at most %(most)d fit.")
        problems.add("variables", large % {"sent": sent, "most": MOST_BYTES})


def _check_route(
    problems: Problems, customer: Customer, exposure: str, chosen: Settings, besides: Service | None = None
) -> None:
    """Two public services cannot answer the same paths of the same host: one of them would never be asked."""
    if exposure != Service.Exposure.PUBLIC:
        return
    other = selectors.answering(customer, chosen.host, chosen.path, besides)
    if other:
        where = f"{chosen.host}{chosen.path}"
        sentence = _("%(service)s answers requests to %(where)s already. Choose another path or host for this service.")
        problems.add("path", sentence % {"service": other, "where": where})
