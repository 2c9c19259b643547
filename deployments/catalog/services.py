"""Registering applications and services, and changing their settings."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from deployments.catalog import states
from deployments.models import Application, Repository, Service
from portal.accounts.models import Customer, User
from portal.core import audit
from portal.core.errors import IllegalMove, UserError
from portal.core.work.state import transition
from portal.core.work.steps import begin
from provisioning.models import AwsAccount


@dataclass(frozen=True)
class Settings:
    """What can be changed after registration; it counts from the next deployment on."""

    path: str = "/*"
    host: str = ""
    health_path: str = "/health"
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


class Taken(UserError):
    """The name or the route belongs to another service."""

    code = "taken"


def create_application(customer: Customer, name: str, user: User, repository_url: str = "") -> Application:
    """Raises Taken when the customer has an application of that name."""
    slug = slugify(name)[:40] or "application"
    try:
        with transaction.atomic():
            application = Application.objects.create(
                customer=customer, name=name, slug=slug, repository_url=repository_url
            )
            audit.record("application.created", application, actor=user, after={"name": name})
    except IntegrityError as error:
        raise Taken(f"There is an application {name} already. Choose it, or give this one another name.") from error
    return application


def register(application: Application | NewApplication, identity: Identity, chosen: Settings, user: User) -> Service:
    """A new service, with its application when that is new, too; its image repository is made by a worker.

    Raises Taken.
    """
    customer = identity.account.customer
    refuse_taken_route(customer, chosen, identity.exposure)
    with transaction.atomic():
        if isinstance(application, NewApplication):
            application = create_application(customer, application.name, user, application.repository_url)
        service = _create(application, identity, chosen)
        begin(Repository(customer=customer, service=service, name=f"{customer.slug}/{service}", state=states.WANTED))
        audit.record("service.registered", service, actor=user, after=_audited(service))
    return service


def _create(application: Application, identity: Identity, chosen: Settings) -> Service:
    stays = {each.name: getattr(identity, each.name) for each in fields(identity)}
    try:
        with transaction.atomic():
            return Service.objects.create(
                customer=application.customer, application=application, **stays, **asdict(chosen)
            )
    except IntegrityError as error:
        raise Taken(f"There is a service {identity.name} already. Give this one another name.") from error


def ask_for_repository(service: Service, user: User) -> None:
    """Has a repository made that a fault of ours kept from being made. Raises IllegalMove when there is none such."""
    if service.repository.state != states.ERRORED:
        raise IllegalMove(f"The image repository of {service} is there, or being made: nothing is left to try again.")
    transition(service.repository, states.WANTED, actor=user, traceback="")


def change(service: Service, chosen: Settings, user: User) -> None:
    """Saves new settings; nothing that runs changes until the next deployment. Raises Taken."""
    refuse_taken_route(service.customer, chosen, service.exposure, besides=service)
    before = _audited(service)
    with transaction.atomic():
        for name, value in asdict(chosen).items():
            setattr(service, name, value)
        service.save(update_fields=list(asdict(chosen)))
        audit.record("service.changed", service, actor=user, before=before, after=_audited(service))


def refuse_taken_route(customer: Customer, chosen: Settings, exposure: str, besides: Service | None = None) -> None:
    """Two public services cannot answer the same paths of the same host: one of them would never be asked."""
    if exposure != Service.Exposure.PUBLIC:
        return
    same = Service.objects.filter(customer=customer, exposure=exposure, host=chosen.host, path=chosen.path)
    other = same.exclude(pk=besides.pk if besides else None).first()
    if other:
        where = f"{chosen.host}{chosen.path}"
        raise Taken(f"{other} answers requests to {where} already. Choose another path or host for this service.")


def _audited(service: Service) -> dict[str, Any]:
    """Settings for the audit log. Values of variables stay out of it: people put secrets there."""
    said = {each.name: getattr(service, each.name) for each in fields(Settings)}
    return {**said, "variables": sorted(service.variables)}
