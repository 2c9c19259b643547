"""Registering applications and services, and changing their settings."""

from dataclasses import asdict, fields, is_dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from deployments.catalog import rules, states
from deployments.catalog.rules import Identity, NewApplication, Settings
from deployments.models import Application, Repository, Service
from portal.accounts.models import Customer
from portal.accounts.permissions import Can, require
from portal.core import audit
from portal.core.caller import Caller
from portal.core.errors import IllegalMove, Invalid
from portal.core.rules import Problems, refuse_wrong_types
from portal.core.work.state import transition
from portal.core.work.steps import begin


class Taken(Invalid):
    """The name or the route belongs to another application or service."""

    code = "taken"
    status = 409


def create_application(customer: Customer, name: str, caller: Caller, repository_url: str = "") -> Application:
    """Raises Invalid, or Taken when the customer has an application of that name."""
    require(caller, Can.DEPLOY, customer)
    new = NewApplication(name, repository_url)
    refuse_wrong_types(new)
    rules.application_problems(new).refuse()
    _refuse_taken(rules.application_conflicts(customer, new))
    return _create_application(customer, new, caller)


def register(
    customer: Customer, application: Application | NewApplication, identity: Identity, chosen: Settings, caller: Caller
) -> Service:
    """A new service, with its application when that is new, too; its image repository is made by a worker.

    Raises Invalid, or Taken.
    """
    require(caller, Can.DEPLOY, customer)
    for entered in (identity, chosen, application):
        if is_dataclass(entered):
            refuse_wrong_types(entered)
    rules.registration_problems(customer, application, identity, chosen).refuse()
    _refuse_taken(rules.registration_conflicts(customer, application, identity, chosen))
    with transaction.atomic():
        if isinstance(application, NewApplication):
            application = _create_application(customer, application, caller)
        service = _create_service(application, identity, chosen)
        begin(Repository(customer=customer, service=service, name=f"{customer.slug}/{service}", state=states.WANTED))
        audit.record("service.registered", service, caller=caller, after=_audited(service))
    return service


def _refuse_taken(conflicts: Problems) -> None:
    if conflicts:
        raise Taken(conflicts)


def _create_application(customer: Customer, new: NewApplication, caller: Caller) -> Application:
    values = {"name": new.name, "slug": new.slug, "repository_url": new.repository_url}
    try:
        with transaction.atomic():
            application = Application.objects.create(customer=customer, **values)
            audit.record("application.created", application, caller=caller, after={"name": new.name})
    except IntegrityError as error:
        raise Taken({"new_application": rules.application_taken(new.name)}) from error
    return application


def _create_service(application: Application, identity: Identity, chosen: Settings) -> Service:
    stays = {each.name: getattr(identity, each.name) for each in fields(identity)}
    try:
        with transaction.atomic():
            return Service.objects.create(
                customer=application.customer, application=application, **stays, **asdict(chosen)
            )
    except IntegrityError as error:
        raise Taken({"name": rules.name_taken(identity.name)}) from error


def ask_for_repository(service: Service, caller: Caller) -> None:
    """Has a repository made that a fault of ours kept from being made. Raises IllegalMove when there is none such."""
    require(caller, Can.DEPLOY, service.customer)
    if service.repository.state != states.ERRORED:
        said = _("The image repository of %(service)s is there, or being made: nothing is left to try again.")
        raise IllegalMove(said % {"service": service})
    transition(service.repository, states.WANTED, caller=caller, traceback="")


def change(service: Service, chosen: Settings, caller: Caller) -> None:
    """Saves new settings; nothing that runs changes until the next deployment. Raises Invalid, or Taken."""
    require(caller, Can.DEPLOY, service.customer)
    refuse_wrong_types(chosen)
    rules.settings_problems(service.exposure, chosen).refuse()
    _refuse_taken(rules.settings_conflicts(service, chosen))
    before = _audited(service)
    with transaction.atomic():
        for name, value in asdict(chosen).items():
            setattr(service, name, value)
        service.save(update_fields=list(asdict(chosen)))
        audit.record("service.changed", service, caller=caller, before=before, after=_audited(service))


def _audited(service: Service) -> dict[str, Any]:
    """Settings for the audit log. Values of variables stay out of it: people put secrets there."""
    said = {each.name: getattr(service, each.name) for each in fields(Settings)}
    return {**said, "variables": sorted(service.variables)}
