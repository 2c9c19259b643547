"""An environment's own Consul: how it is named, who is shown its token, what is refused."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portal.core.caller import SYSTEM
from portal.core.errors import Invalid
from portal.core.models import AuditEvent
from provisioning import consul, states
from provisioning.consul import ConsulEndpoint, address_for_tasks, consul_of, name_consul
from provisioning.models import Environment
from tests import factories
from tests.callers import by

OWN, TOKEN = "http://consul.acme.internal:8500", "5f4c-hush-77"


@pytest.fixture
def environment(acme, settings) -> Environment:
    settings.CONSUL_URL, settings.CONSUL_TOKEN = "http://consul:8500", "hush-of-the-portal"
    settings.CONSUL_TASK_URL = "http://10.0.0.7:8500"
    return factories.EnvironmentFactory(customer=acme)


@pytest.fixture
def typed(monkeypatch):
    """What stands on the standard input of a command."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_without_one_of_its_own_it_has_the_portals(environment):
    assert consul_of(environment) == ConsulEndpoint("http://consul:8500", "hush-of-the-portal")
    assert address_for_tasks(environment) == "http://10.0.0.7:8500"


def test_without_any_there_is_none(environment, settings):
    settings.CONSUL_URL = settings.CONSUL_TASK_URL = ""

    assert consul_of(environment) is None
    assert address_for_tasks(environment) == ""


def test_one_of_its_own_is_for_portal_and_tasks(environment, erin):
    name_consul(environment, OWN, TOKEN, by(erin))

    environment.refresh_from_db()
    assert consul_of(environment) == ConsulEndpoint(OWN, TOKEN)
    assert address_for_tasks(environment) == OWN


def test_the_portals_token_is_shown_to_no_other_consul(environment, erin):
    name_consul(environment, OWN, "", by(erin))

    assert consul_of(environment) == ConsulEndpoint(OWN, "")


def test_an_empty_address_gives_it_the_portals_again(environment, erin):
    name_consul(environment, OWN, TOKEN, by(erin))
    name_consul(environment, "", "", by(erin))

    environment.refresh_from_db()
    assert consul_of(environment) == ConsulEndpoint("http://consul:8500", "hush-of-the-portal")
    assert environment.consul_token == ""


def test_naming_one_is_audited_without_its_token(environment, erin, caplog):
    caplog.set_level("DEBUG")

    name_consul(environment, OWN, TOKEN, by(erin))

    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.target_name) == ("environment.consul_named", erin, str(environment))
    assert (event.before, event.after) == ({"consul_url": ""}, {"consul_url": OWN})
    assert TOKEN not in caplog.text + repr(consul_of(environment))


def test_the_token_is_encrypted_in_the_database(environment, erin):
    name_consul(environment, OWN, TOKEN, by(erin))

    with connection.cursor() as cursor:
        cursor.execute("SELECT consul_token FROM provisioning_environment")
        assert TOKEN not in str(cursor.fetchall())


@pytest.mark.parametrize(
    "url", [OWN, "https://consul.acme.example", "http://10.1.2.3:8500", "http://consul:8500/", " http://my_consul "]
)
def test_addresses_that_are_taken(environment, erin, url):
    name_consul(environment, url, TOKEN, by(erin))

    assert environment.consul_url == url.strip().rstrip("/")


@pytest.mark.parametrize(
    ("url", "token", "field", "sentence"),
    [
        ("consul:8500", "", "url", consul.NO_ADDRESS),
        ("ftp://consul", "", "url", consul.NO_ADDRESS),
        ("http://", "", "url", consul.NO_ADDRESS),
        ("http://consul:0", "", "url", consul.NO_ADDRESS),
        ("http://consul:65536", "", "url", consul.NO_ADDRESS),
        ("http://consul:8500/v1", "", "url", consul.NO_ADDRESS),
        ("http://consul?token=hush", "", "url", consul.NO_ADDRESS),
        ("http://con sul", "", "url", consul.NO_ADDRESS),
        ("http://consul\nX: y", "", "url", consul.NO_ADDRESS),
        ("http://portal:hush@consul:8500", "", "url", consul.CREDENTIALS),
        ("http://hush@consul:8500", "", "url", consul.CREDENTIALS),
        (f"http://{'c' * 194}", "", "url", "Ensure this value has at most 200 characters (it has 201)."),
        (OWN, "two words", "token", consul.ONE_WORD),
        (OWN, "hush\r\nX-Other: y", "token", consul.ONE_WORD),
        ("", TOKEN, "token", consul.ALONE),
    ],
)
def test_addresses_and_tokens_that_are_refused(environment, erin, url, token, field, sentence):
    with pytest.raises(Invalid) as refused:
        name_consul(environment, url, token, by(erin))

    assert refused.value.problems == {field: sentence}
    assert "hush" not in str(refused.value)
    assert not Environment.objects.exclude(consul_url="").exists()
    assert not AuditEvent.objects.exists()


def test_an_operator_names_it_with_the_token_from_the_standard_input(environment, typed, capsys):
    typed(f"{TOKEN}\n")

    call_command("consul_address", "acme", "dev", OWN)

    environment.refresh_from_db()
    assert consul_of(environment) == ConsulEndpoint(OWN, TOKEN)
    said = capsys.readouterr()
    assert said.out == f"Acme Development keeps its configuration in {OWN} from now on.\n"
    assert TOKEN not in said.err


def test_an_operator_takes_it_away(environment, typed, capsys):
    name_consul(environment, OWN, TOKEN, SYSTEM)
    typed("left on the standard input by mistake")

    call_command("consul_address", "acme", "dev", "")

    environment.refresh_from_db()
    assert (environment.consul_url, environment.consul_token) == ("", "")
    assert "keeps its configuration in the portal's own Consul" in capsys.readouterr().out


def test_an_operator_is_told_what_will_not_do(environment, typed):
    typed("\n")
    with pytest.raises(CommandError, match="Give the address as"):
        call_command("consul_address", "acme", "dev", "consul:8500")

    environment.state = states.DELETED
    environment.save()
    with pytest.raises(CommandError, match="There is no environment dev of a customer acme"):
        call_command("consul_address", "acme", "dev", OWN)
