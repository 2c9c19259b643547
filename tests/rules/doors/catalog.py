"""What is refused about applications, services and deployments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployments.catalog import services as catalog
from deployments.catalog.forms import ChangeForm, RegisterForm, parse_variables
from deployments.catalog.rules import Identity, NewApplication, Settings
from deployments.models import Application, Deployment, Release, Service
from deployments.rollouts import services as rollouts
from deployments.rollouts.forms import DeployForm, RollbackForm
from deployments.rollouts.preview import Choice
from portal.accounts.models import Customer, User
from provisioning.models import AwsAccount, Environment
from tests import factories
from tests.callers import by
from tests.rules.table import Door, Values

EMOJI = "\N{GRINNING FACE}"


@dataclass(frozen=True)
class World:
    """A customer with a service that answers /taken/*, and things of others under the names "theirs" and "mars"."""

    customer: Customer
    user: User
    service: Service
    release: Release
    accounts: Mapping[str, AwsAccount]
    applications: Mapping[str, Application]
    environments: Mapping[str, Environment]


def world() -> World:
    service = factories.ServiceFactory(
        name="taken", path="/taken/*", application__name="Taken", application__slug="taken", port=8000
    )
    customer, other = service.customer, factories.ServiceFactory()
    return World(
        customer=customer,
        user=factories.member(customer, "developer"),
        service=service,
        release=factories.ReleaseFactory(service=service, digest=DIGEST),
        accounts={"ours": service.account, "theirs": other.account},
        applications={"ours": service.application, "theirs": other.application},
        environments={
            "dev": factories.EnvironmentFactory(customer=customer, account=service.account),
            "mars": factories.EnvironmentFactory(customer=other.customer, account=other.account, slug="mars"),
        },
    )


def chosen(values: Values) -> Settings:
    """As a script gives them: variables are read already, everything else as it is."""
    said = {name: values[name] for name in SETTINGS}
    return Settings(**said | {"variables": parse_variables(values["variables"])})


def register_form(at: World, values: Values) -> RegisterForm:
    pks = {name: getattr(getattr(at, f"{name}s").get(values[name]), "pk", "") for name in ("account", "application")}
    return RegisterForm({**values, **pks}, customer=at.customer)


def register(at: World, values: Values) -> object:
    stays = {name: values[name] for name in ("name", "region", "port", "exposure")}
    new = NewApplication(values["new_application"], values["repository_url"])
    return catalog.register(
        at.customer,
        at.applications.get(values["application"]) or new,
        Identity(account=at.accounts.get(values["account"]), **stays),
        chosen(values),
        by(at.user),
    )


def changed(at: World) -> Service:
    """Another service than the one that stands in the way."""
    there = {"customer": at.customer, "application": at.service.application, "account": at.service.account}
    return Service.objects.filter(customer=at.customer, name="changed").first() or factories.ServiceFactory(
        **there, name="changed"
    )


def change_form(at: World, values: Values) -> ChangeForm:
    return ChangeForm(values, service=changed(at))


def change(at: World, values: Values) -> object:
    return catalog.change(changed(at), chosen(values), by(at.user))


def application_form(at: World, values: Values) -> RegisterForm:
    return register_form(at, {**REGISTRATION, **values})


def create_application(at: World, values: Values) -> object:
    return catalog.create_application(at.customer, values["new_application"], by(at.user), values["repository_url"])


def deploy_form(at: World, values: Values) -> DeployForm:
    choices = [Choice(at.release.digest, at.release.name, (), None)]
    return DeployForm(values, choices=choices, environments=[at.environments["dev"]])


def deploy(at: World, values: Values) -> object:
    place = at.environments[values["environment"]]
    return rollouts.deploy_image(at.service, place, values["image"], by(at.user), note=values["note"])


def rollback(at: World, values: Values) -> object:
    place = at.environments["dev"]
    return rollouts.request_deployment(
        at.service, place, at.release, by(at.user), note=values["note"], kind=Deployment.Kind.ROLLBACK
    )


DIGEST = f"sha256:{'a' * 64}"
SETTINGS: dict[str, Any] = {
    "path": "/*",
    "host": "",
    "health_path": "/health",
    "redirect_is_healthy": False,
    "health_check": "command",
    "health_command": "test -f /tmp/ready",
    "start_seconds": 120,
    "deadline_minutes": 15,
    "overlap_seconds": 15,
    "cpu": 128,
    "memory": 256,
    "count": 2,
    "variables": "GREETING=hello",
}
BAD_SETTINGS = (
    *({"path": path} for path in ("", "no-slash", "/a b", "/a\0", "/" + "a" * 100, "/*/*/*/*/*/*", "/taken/*")),
    {"path": "/*/*/*/*/*", "host": "*.example.com"},
    *({"host": host} for host in ("a b", "shop", "Shop.example.com", "a" * 97 + ".com", "*.*.com")),
    *({"health_path": path} for path in ("", "health", "/a b", "/'; id; '", "/a/../b", "/.", "/" + "a" * 200)),
    *({"health_check": check} for check in ("", "sometimes")),
    *({"health_command": command} for command in ("", " ", "x" * 501, "a\0", "a\nb", "[" * 500)),
    *(
        {"health_command": command}
        for command in ("[]", '[""]', "[1]", "['a', 'b']", '["a"', '["a\\u0000"]', '["\\ud800"]')
    ),
    *({"start_seconds": seconds} for seconds in (-1, 1801, "", "soon", None)),
    *({"deadline_minutes": minutes} for minutes in (1, 241, "", "late", None)),
    *({"overlap_seconds": seconds} for seconds in (-1, 601, "", "a while", None)),
    *({"start_seconds": seconds, "deadline_minutes": 15} for seconds in (900, 1000)),
    {"start_seconds": 300, "overlap_seconds": 600, "deadline_minutes": 15},
    *({"cpu": cpu} for cpu in (15, 4097, "", "one", None)),
    *({"memory": memory} for memory in (1, 30_721, "")),
    *({"count": count} for count in (0, 51, -1, "")),
    {"variables": "\n".join(f"V{number}=1" for number in range(101))},
    {"variables": "A=" + "x" * 15_999},
    {"variables": "A=" + EMOJI * 7000},
    {"variables": "A=\0"},
)
APPLICATION = {"new_application": "Shop", "repository_url": ""}
BAD_APPLICATIONS = (
    *({"new_application": name} for name in ("", "a" * 81, "a\0", "Taken")),
    {"repository_url": "u" * 301},
)
REGISTRATION: dict[str, Any] = {
    **SETTINGS,
    **APPLICATION,
    "application": "",
    "name": "web",
    "account": "ours",
    "region": "eu-west-1",
    "port": 8080,
    "exposure": "public",
}
BAD_REGISTRATIONS = (
    *BAD_SETTINGS,
    {"exposure": "internal", "start_seconds": 301},
    *BAD_APPLICATIONS,
    {"application": "theirs"},
    *({"name": name} for name in ("", "Bad Name!", "a", "1a", "a-", "a--b", "new", "a" * 41, "taken")),
    *({"account": account} for account in ("", "theirs")),
    *({"region": region} for region in ("", "mars-1")),
    *({"port": port} for port in (0, 99_999, "", "http", None)),
    *({"exposure": exposure} for exposure in ("", "nowhere")),
    {
        "name": "Bad Name!",
        "port": 99_999,
        "path": "no-slash",
        "host": "a b",
        "memory": 1,
        "count": 0,
        "region": "mars-1",
    },
)
NOTE = {"note": "Faster checkout"}
BAD_NOTES = ({"note": "n" * 301}, {"note": "n\0"})
DEPLOYMENT = {"image": DIGEST, "environment": "dev", **NOTE}
BAD_DEPLOYMENTS = (*BAD_NOTES, *({"image": image} for image in ("", "latest", "sha256:1")), {"environment": "mars"})

READ = frozenset({"variables"})
ROWS = frozenset({"account", "application"})
PLACE = frozenset({"environment"})
DOORS: list[Door] = [
    Door(
        "catalog.register",
        world,
        register_form,
        register,
        REGISTRATION,
        BAD_REGISTRATIONS,
        READ | ROWS,
    ),
    Door("catalog.change", world, change_form, change, SETTINGS, BAD_SETTINGS, READ),
    Door("catalog.create_application", world, application_form, create_application, APPLICATION, BAD_APPLICATIONS),
    Door("rollouts.request_deployment", world, deploy_form, deploy, DEPLOYMENT, BAD_DEPLOYMENTS, PLACE),
    Door("rollouts.request_rollback", world, lambda _, values: RollbackForm(values), rollback, NOTE, BAD_NOTES),
]
