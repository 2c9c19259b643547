"""Questions about AWS accounts."""

from django.db.models import Count, Q, QuerySet

from portal.accounts.models import Customer
from provisioning.accounts import states
from provisioning.models import AwsAccount
from provisioning.states import GONE


def accounts_of(customer: Customer) -> QuerySet[AwsAccount]:
    """The customer's AWS accounts, each with `in_use`, the number of its environments."""
    alive = Count("environments", filter=~Q(environments__state__in=GONE))
    accounts: QuerySet[AwsAccount] = AwsAccount.objects.for_customer(customer)
    return accounts.annotate(in_use=alive).order_by("name")


def connected(customer: Customer) -> QuerySet[AwsAccount]:
    """Those whose connection was tested: environments can be made in them."""
    accounts: QuerySet[AwsAccount] = AwsAccount.objects.for_customer(customer)
    return accounts.filter(state=states.CONNECTED)


def has_connected(customer: Customer) -> bool:
    """Whether an environment can be asked for."""
    return connected(customer).exists()
