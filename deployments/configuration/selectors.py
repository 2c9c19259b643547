"""Questions about configuration that the portal's database answers; Consul is asked in services.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from deployments import keys
from deployments.models import ConfigurationChange, ConfigurationSave, SecretKey, Service
from portal.accounts.models import Customer
from portal.core.redaction import MASK, is_secret_name
from provisioning import states
from provisioning.models import Environment


@dataclass(frozen=True)
class Place:
    """A service in an environment: where keys live."""

    customer: Customer
    service: Service
    environment: Environment

    @property
    def prefix(self) -> str:
        """The folder of its keys in Consul, with its closing slash."""
        return keys.prefix(self.customer.slug, self.environment.slug, self.service.name)

    @property
    def where(self) -> dict[str, Any]:
        """What its rows have in common."""
        return {"service": self.service, "environment": self.environment}


@dataclass(frozen=True)
class Past:
    """A line of the history as people may see it: secrets masked, long values shortened."""

    change: ConfigurationChange
    before: str
    after: str

    @property
    def save(self) -> ConfigurationSave:
        """What the change was a part of."""
        return self.change.configuration_save


def environments_of(customer: Customer) -> QuerySet[Environment]:
    """The customer's environments that still exist, in the order in which releases travel."""
    return Environment.objects.for_customer(customer).exclude(state__in=states.GONE)


def services_of(customer: Customer, query: str = "") -> QuerySet[Service]:
    """The customer's services by name, or those with `query` in their name."""
    return Service.objects.for_customer(customer).filter(name__icontains=query).order_by("name")


def place(customer: Customer, service_name: str, environment_slug: str) -> Place | None:
    """The place; None when the customer has no such service or environment."""
    service = Service.objects.for_customer(customer).filter(name=service_name).first()
    environment = environments_of(customer).filter(slug=environment_slug).first()
    return Place(customer, service, environment) if service and environment else None


def marks(of: Place) -> QuerySet[SecretKey]:
    """What was marked as secret in the place's folder. Of an environment that was deleted too: the keys of its folder
    stay, and a later environment of the same short name finds them there.
    """
    return SecretKey.objects.filter(service=of.service, environment__slug=of.environment.slug)


def marked_keys(of: Place) -> frozenset[str]:
    """The keys that somebody marked as secret."""
    return frozenset(marks(of).values_list("key", flat=True))


def is_secret(key: str, marked: frozenset[str]) -> bool:
    """Whether a value is masked: somebody marked the key, or its name says so."""
    return key in marked or is_secret_name(key)


def history(of: Place) -> QuerySet[ConfigurationChange]:
    """Every change of the place's keys, newest first; `marked` says whether the key is marked as secret now."""
    saves = ConfigurationSave.objects.filter(**of.where)
    marked = marks(of).filter(key=OuterRef("key"))
    changes = ConfigurationChange.objects.filter(configuration_save__in=saves).annotate(marked=Exists(marked))
    return changes.select_related("configuration_save__author")


def past(change: Any) -> Past:
    """A row of `history` as people may see it; a key marked later masks its earlier values too."""
    if change.secret or change.marked or is_secret_name(change.key):
        return Past(change, MASK if change.action != "add" else "", MASK if change.action != "delete" else "")
    return Past(change, change.before, change.after)


def unsettled(of: Place, before: datetime) -> QuerySet[ConfigurationSave]:
    """Saves last tried before then, whose end is not written down yet."""
    being_saved = ConfigurationSave.objects.filter(**of.where, state=ConfigurationSave.State.SAVING)
    return being_saved.filter(at__lt=before).order_by("id")
