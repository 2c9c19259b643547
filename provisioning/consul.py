"""Where an environment's configuration lives: its own Consul, or the one of the portal's settings."""

import re
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.core import audit
from portal.core.caller import Caller
from portal.core.errors import Busy
from portal.core.rules import Problems, refuse_wrong_types
from provisioning import guests
from provisioning.models import Environment

# What the client of Consul can be told: a name or an IPv4 address, perhaps a port, and nothing behind it.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?(:(?P<port>[1-9][0-9]{0,4}))?")
_TOKEN = re.compile(r"[!-~]+")
MAX_URL_CHARACTERS = 200
NO_ADDRESS = gettext_lazy("Give the address as http://host:8500 or https://host, with nothing behind it.")
CREDENTIALS = gettext_lazy("Leave name and password out of the address: everybody reads it. A token is given apart.")
ONE_WORD = gettext_lazy("A token is one word of letters, digits and signs.")
ALONE = gettext_lazy("This token needs the address of its Consul.")


@dataclass(frozen=True)
class ConsulEndpoint:
    """Where a Consul answers (`http://host:8500`) and the token to show it; empty: none."""

    url: str
    token: str = field(default="", repr=False)


def consul_of(environment: Environment) -> ConsulEndpoint | None:
    """The environment's own Consul, else the portal's; None when there is neither.

    The portal's token is for the portal's Consul: no other one is shown it.
    """
    if environment.consul_url:
        return ConsulEndpoint(environment.consul_url, environment.consul_token)
    return ConsulEndpoint(settings.CONSUL_URL, settings.CONSUL_TOKEN) if settings.CONSUL_URL else None


def address_for_tasks(environment: Environment) -> str:
    """Where tasks of the environment find their configuration; empty: they are told of no Consul."""
    return environment.consul_url or str(settings.CONSUL_TASK_URL)


def name_consul(environment: Environment, url: str, token: str, caller: Caller) -> None:
    """Gives the environment a Consul of its own, or with an empty address the portal's again.

    Keys are not carried along. Raises Invalid, and Busy while the Consul it has must still tell how a save ended.
    """
    refuse_wrong_types(ConsulEndpoint(url, token))
    url = url.strip().removesuffix("/")
    problems_of(url, token).refuse()
    _refuse_unsettled(environment)
    before, after = {"consul_url": environment.consul_url}, {"consul_url": url}
    with transaction.atomic():
        environment.consul_url, environment.consul_token = url, token
        environment.save(update_fields=["consul_url", "consul_token"])
        audit.record("environment.consul_named", environment, caller=caller, before=before, after=after)


def _refuse_unsettled(environment: Environment) -> None:
    if waiting := guests.unsettled_in(environment.pk):
        raise Busy(
            _(
                "The end of a save of %(join)s is not known yet: only the Consul of before can tell. "
                "Open the configuration of it, then try again."
            )
            % {"join": ", ".join(waiting)}
        )


def problems_of(url: str, token: str) -> Problems:
    """What is wrong with an address and its token; no sentence repeats what was given."""
    problems = Problems()
    problems.text("url", url, most=MAX_URL_CHARACTERS, required=False)
    if "@" in url:
        problems.add("url", CREDENTIALS)
    problems.shape("url", url, _ADDRESS, NO_ADDRESS)
    if (fits := _ADDRESS.fullmatch(url)) and int(fits["port"] or 0) > 65535:
        problems.add("url", NO_ADDRESS)
    problems.shape("token", token, _TOKEN, ONE_WORD)
    if token and not url:
        problems.add("token", ALONE)
    return problems
