"""What makes a wish for an environment valid."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy

from portal.accounts.models import Customer
from portal.core.rules import Problems
from provisioning import states
from provisioning.accounts import states as account_states
from provisioning.models import AwsAccount, Environment
from provisioning.naming import UnfitName, slug_of

NAME_LENGTH = 40
UNTESTED = gettext_lazy("Test the connection of the AWS account first, then create the environment.")


@dataclass(frozen=True)
class EnvironmentData:
    """What somebody chooses for a new environment."""

    account: AwsAccount
    name: str
    kind: str
    region: str
    size: str = Environment.Size.SMALL


def problems_of(customer: Customer, data: EnvironmentData) -> Problems:
    """What is wrong with the wish, by field."""
    problems = Problems()
    if not is_usable(data.account, customer):
        problems.add("account", UNTESTED)
    problems.text("name", data.name, most=NAME_LENGTH)
    problems.choice("kind", data.kind, Environment.Kind.values)
    problems.choice("region", data.region, settings.AWS_REGIONS)
    problems.choice("size", data.size, Environment.Size.values)
    if "name" not in problems:
        _check_slug(problems, customer, data.name)
    return problems


def is_usable(account: AwsAccount | None, customer: Customer) -> bool:
    """Whether the customer may have environments made in the account: it is theirs, and its connection was tested."""
    return account is not None and account.customer_id == customer.pk and account.state == account_states.CONNECTED


def taken(slug: str) -> str:
    """Another environment has this short name."""
    return f'There is an environment with the short name "{slug}" already. Choose another name.'


def _check_slug(problems: Problems, customer: Customer, name: str) -> None:
    try:
        slug = slug_of(customer.slug, name)
    except UnfitName as error:
        problems.add("name", str(error))
        return
    if Environment.objects.for_customer(customer).filter(slug=slug).exclude(state__in=states.GONE).exists():
        problems.add("name", taken(slug))
