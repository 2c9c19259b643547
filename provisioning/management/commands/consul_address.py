"""Names the Consul of an environment; its token comes from the standard input or a prompt, not as an argument."""

import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.core.caller import Caller, Via
from portal.core.errors import UserError
from provisioning import states
from provisioning.consul import name_consul
from provisioning.models import Environment

OPERATOR = Caller("an operator", Via.COMMAND)


class Command(BaseCommand):
    """manage.py consul_address CUSTOMER ENVIRONMENT URL."""

    help = (
        "Gives an environment a Consul of its own; an empty URL gives it the portal's again. "
        "The token is read from the standard input, or asked for; empty: none."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which environment, and where its Consul answers."""
        parser.add_argument("customer", help="the customer's short name")
        parser.add_argument("environment", help="the environment's short name")
        parser.add_argument("url", help="for example http://consul.acme.internal:8500")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Says what is so from now on."""
        environment = _environment(options["customer"], options["environment"])
        try:
            name_consul(
                environment,
                options["url"],
                _token() if options["url"] else "",
                caller=Caller("an operator", Via.COMMAND),
            )
        except UserError as refusal:
            raise CommandError(str(refusal)) from None
        where = environment.consul_url or "the portal's own Consul"
        self.stdout.write(f"{environment} keeps its configuration in {where} from now on.")


def _environment(customer_slug: str, slug: str) -> Environment:
    living = Environment.objects.exclude(state__in=states.GONE).select_related("customer")
    try:
        environment: Environment = living.get(customer__slug=customer_slug, slug=slug)
    except Environment.DoesNotExist:
        raise CommandError(f"There is no environment {slug} of a customer {customer_slug}.") from None
    return environment


def _token() -> str:
    if sys.stdin.isatty():
        return getpass("Token (empty: none): ").strip()
    return sys.stdin.readline().strip()
