from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from deployments.configuration.selectors import Place
from deployments.consul import Change, ConsulStore
from portal.accounts.models import Customer, User
from tests import factories
from tests.configuration.editor import Editor
from tests.consul.conftest import consul_url, has_consul

__all__ = ["consul_url", "has_consul"]


@pytest.fixture
def place(acme: Customer, request: pytest.FixtureRequest) -> Place:
    """A service of Acme in its own folder of Consul, whatever other tests left there."""
    name = f"shop-{abs(hash(request.node.nodeid)):x}"[:38] + "x"
    environment = factories.EnvironmentFactory(customer=acme)
    service = factories.ServiceFactory(customer=acme, account=environment.account, name=name)
    return Place(acme, service, environment)


@pytest.fixture
def consul(consul_url: str, settings, place: Place) -> ConsulStore:
    settings.CONSUL_URL = consul_url
    return ConsulStore(consul_url)


@pytest.fixture
def put(consul: ConsulStore, place: Place) -> Callable[..., None]:
    """Keys as some program wrote them."""

    def write(pairs: dict[str, str]) -> None:
        snapshot = consul.read(place.prefix)
        indexes = {entry.key: entry.modify_index for entry in snapshot.entries}
        consul.save(place.prefix, [Change(key, value, indexes.get(key, 0)) for key, value in pairs.items()])

    return write


@pytest.fixture
def values(consul: ConsulStore, place: Place) -> Callable[[], dict[str, str]]:
    return lambda: {entry.key: entry.value for entry in consul.read(place.prefix).entries}


@pytest.fixture
def editor(browse: Callable[[User], Client], place: Place) -> Callable[[User], Editor]:
    """Somebody who has the page of the place's keys open in their browser."""
    return lambda user: Editor(browse(user), place)


@pytest.fixture
def keys_url(place: Place) -> str:
    return reverse("configuration_keys", args=[place.customer.slug, place.service.name, place.environment.slug])
