"""Network ranges of environments: each one in an AWS account has its own, so that they can be connected one day."""

from ipaddress import IPv4Network

from django.utils.translation import gettext as _

from portal.core.errors import UserError
from portal.core.locks import hold
from provisioning import states
from provisioning.models import AwsAccount, Environment

PRIVATE = IPv4Network("10.0.0.0/8")
PREFIX = 16  # what the template divides into subnets


class NoNetworkLeft(UserError):
    """Every range is used by an environment of this AWS account."""

    code = "no_network_left"


def take_network(account: AwsAccount) -> str:
    """The first range that no living environment of the account uses, e.g. "10.3.0.0/16".

    Held until the transaction ends, in which the environment is saved. Raises NoNetworkLeft.
    """
    hold(f"networks of AWS account {account.account_id}")
    living = Environment.objects.filter(account__account_id=account.account_id).exclude(state__in=states.GONE)
    used = set(living.values_list("network", flat=True))
    free = next((str(each) for each in PRIVATE.subnets(new_prefix=PREFIX) if str(each) not in used), None)
    if free is None:
        raise NoNetworkLeft(
            _(
                "All %(value)s network ranges of account %(account_id)s are used. Delete an environment "
                "that is not needed, or use another AWS account."
            )
            % {"value": 2 ** (PREFIX - PRIVATE.prefixlen), "account_id": account.account_id}
        )
    return free
