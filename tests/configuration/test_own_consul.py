"""Two environments of a customer, each with a Consul of its own, through the pages."""

import socket
import time
from collections.abc import Iterator

import pytest

from deployments.configuration.selectors import Place
from deployments.consul import ConsulStore
from deployments.rollouts.spec import variables
from portal.core.caller import SYSTEM
from portal.core.errors import Busy
from provisioning.consul import name_consul
from tests import factories
from tests.configuration.editor import Editor
from tests.conftest import free_port
from tests.consul.agent import start_consul, stop_consul


@pytest.fixture(scope="module")
def other_url(has_consul: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A second real Consul."""
    process, url = start_consul(tmp_path_factory.mktemp("other"))
    yield url
    stop_consul(process)


@pytest.fixture
def qa(place: Place, settings) -> Place:
    """The same service in another environment; the portal's settings name no Consul."""
    settings.CONSUL_URL = settings.CONSUL_TASK_URL = ""
    environment = factories.EnvironmentFactory(customer=place.customer, account=place.environment.account, slug="qa")
    return Place(place.customer, place.service, environment)


@pytest.fixture
def each(place: Place, qa: Place, consul_url: str, other_url: str) -> tuple[Place, Place]:
    """Both with a Consul of their own."""
    name_consul(place.environment, consul_url, "", SYSTEM)
    name_consul(qa.environment, other_url, "", SYSTEM)
    return place, qa


def stored(url: str, place: Place) -> dict[str, str]:
    return {entry.key: entry.value for entry in ConsulStore(url).read(place.prefix).entries}


@pytest.mark.consul
def test_keys_saved_in_one_environment_are_in_its_consul_and_in_no_other(each, browse, bob, consul_url, other_url):
    dev, qa = each

    Editor(browse(bob), dev).open().add("level", "debug").review().save()
    Editor(browse(bob), qa).open().add("size", "2").review().save()

    assert (stored(consul_url, dev), stored(other_url, qa)) == ({"level": "debug"}, {"size": "2"})
    assert (stored(consul_url, qa), stored(other_url, dev)) == ({}, {})
    assert Editor(browse(bob), dev).open().page.labels == ["level"]
    assert Editor(browse(bob), qa).open().page.labels == ["size"]


@pytest.mark.consul
def test_a_secret_is_revealed_from_the_consul_of_its_environment(each, browse, bob):
    dev, qa = each
    Editor(browse(bob), qa).open().add("api_token", "hush").review().save()

    assert "hush" in Editor(browse(bob), qa).press("configuration_reveal", key="api_token").source
    assert "There is no such key" in Editor(browse(bob), dev).press("configuration_reveal", key="api_token").text


@pytest.mark.consul
def test_a_consul_that_is_silent_keeps_no_other_environment_waiting(each, browse, bob):
    dev, qa = each
    with socket.create_server(("127.0.0.1", 0)) as silent:
        name_consul(dev.environment, f"http://127.0.0.1:{silent.getsockname()[1]}", "", SYSTEM)
        started = time.monotonic()
        page = Editor(browse(bob), qa).open().add("size", "2").review().save()

        assert "Saved 1 change." in page.source
        assert time.monotonic() - started < 2  # less than a page waits for a Consul that is silent


@pytest.mark.consul
def test_a_consul_that_is_away_is_said_of_its_environment_alone(each, browse, bob):
    dev, qa = each
    name_consul(dev.environment, f"http://127.0.0.1:{free_port()}", "", SYSTEM)

    assert "cannot be reached" in Editor(browse(bob), dev).open().text
    assert "cannot be reached" not in Editor(browse(bob), qa).open().text


def test_an_environment_without_a_consul_says_so_beside_one_that_has_one(place, qa, browse, bob):
    name_consul(place.environment, f"http://127.0.0.1:{free_port()}", "", SYSTEM)

    assert "This portal is not connected to a Consul yet" in Editor(browse(bob), qa).open().text
    assert "This portal is not connected" not in Editor(browse(bob), place).open().text


def test_tasks_are_told_of_the_consul_of_their_environment(place, qa, settings):
    settings.CONSUL_TASK_URL = "http://10.0.0.7:8500"
    name_consul(qa.environment, "http://consul.acme.internal:8500", "hush", SYSTEM)

    assert variables(place.service, place.environment) == {
        "CONSUL_HTTP_ADDR": "http://10.0.0.7:8500",
        "CONSUL_PREFIX": place.prefix,
    }
    assert variables(qa.service, qa.environment) == {
        "CONSUL_HTTP_ADDR": "http://consul.acme.internal:8500",
        "CONSUL_PREFIX": qa.prefix,
    }


def test_the_examples_show_the_address_that_tasks_are_told(place, qa, browse, bob):
    name_consul(qa.environment, f"http://127.0.0.1:{free_port()}", "", SYSTEM)

    assert qa.environment.consul_url in Editor(browse(bob), qa).open().text
    assert "http://consul:8500" in Editor(browse(bob), place).open().text


def test_the_consul_that_must_tell_how_a_save_ended_is_not_exchanged(place):
    save = factories.ConfigurationSaveFactory(**place.where, customer=place.customer, state="saving")
    with pytest.raises(Busy, match=f"The end of a save of {place.service} is not known yet"):
        name_consul(place.environment, "http://consul.acme.internal:8500", "", SYSTEM)

    type(save).objects.update(state="saved")
    name_consul(place.environment, "http://consul.acme.internal:8500", "", SYSTEM)
    assert place.environment.consul_url == "http://consul.acme.internal:8500"
