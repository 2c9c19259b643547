"""Registering services, changing their settings, and their image repositories."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from deployments.models import Application, Service
from portal.accounts.models import Customer, User
from portal.core import audit
from portal.core.errors import UserError
from provisioning.aws import ecr
from provisioning.aws.errors import AwsProblem
from provisioning.models import AwsAccount
from provisioning.sessions import session_for


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


def register(application: Application, identity: Identity, chosen: Settings, user: User) -> Service:
    """A new service; its image repository is made by a task. Raises Taken."""
    customer = application.customer
    refuse_taken_route(customer, chosen, identity.exposure)
    try:
        with transaction.atomic():
            service = Service.objects.create(
                customer=customer,
                application=application,
                repository_name=f"{customer.slug}/{identity.name}",
                **{each.name: getattr(identity, each.name) for each in fields(identity)},
                **asdict(chosen),
            )
            audit.record("service.registered", service, actor=user, after=_audited(service))
    except IntegrityError as error:
        raise Taken(f"There is a service {identity.name} already. Give this one another name.") from error
    return service


def change(service: Service, chosen: Settings, user: User) -> None:
    """Saves new settings; nothing that runs changes until the next deployment. Raises Taken."""
    refuse_taken_route(service.customer, chosen, service.exposure, besides=service)
    before = _audited(service)
    with transaction.atomic():
        for name, value in asdict(chosen).items():
            setattr(service, name, value)
        service.save(update_fields=list(asdict(chosen)))
        audit.record("service.changed", service, actor=user, before=before, after=_audited(service))


def all_or_nothing() -> transaction.Atomic:
    """A transaction around several changes that belong together."""
    return transaction.atomic()


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


def ensure_repository(service: Service) -> None:
    """Makes the image repository in the customer's account, or writes down why that failed. Safe to repeat."""
    if service.repository_uri:
        return
    tags = {"in4it:customer": service.customer.slug, "in4it:service": service.name}
    found: dict[str, Any]
    try:
        repository = ecr.ensure_repository(session_for(service.account, service.region), service.repository_name, tags)
        found = {"repository_uri": _as_docker_sees(repository), "repository_problem": ""}
    except AwsProblem as problem:
        found = {"repository_problem": problem.sentence}
    Service.objects.filter(pk=service.pk).update(repository_tried_at=timezone.now(), **found)


def _as_docker_sees(repository: ecr.Repository) -> str:
    host = settings.ECR_REGISTRY
    return f"{host}/{repository.name}" if host else repository.uri
