from collections.abc import Iterator
from uuid import uuid4

import pytest

from deployments import keys
from deployments.consul import ConsulStore
from tests.consul.agent import consul_binary, start_consul, stop_consul


@pytest.fixture(scope="session")
def has_consul() -> None:
    if consul_binary() is None:
        pytest.skip("there is no Consul on this machine, and bin/consul-get cannot fetch one")


@pytest.fixture(scope="session")
def consul_url(has_consul: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One real Consul for all tests of a process; `service_prefix` keeps them apart."""
    process, url = start_consul(tmp_path_factory.mktemp("consul"))
    yield url
    stop_consul(process)


@pytest.fixture
def store(consul_url: str) -> ConsulStore:
    return ConsulStore(consul_url)


@pytest.fixture
def service_prefix() -> str:
    return keys.prefix("acme", "dev", uuid4().hex)
