"""Network ranges: no two living environments of an AWS account share one."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioning import states
from provisioning.models import Environment
from provisioning.networks import NoNetworkLeft, take_network
from tests import factories


@pytest.fixture
def account(acme):
    return factories.AwsAccountFactory(customer=acme)


def live(account, network: str, **fields) -> Environment:
    slug = f"e{Environment.objects.count()}"
    return factories.EnvironmentFactory(
        customer=account.customer, account=account, network=network, slug=slug, **fields
    )


def test_the_first_free_range_is_taken(account):
    live(account, "10.0.0.0/16")
    live(account, "10.2.0.0/16")

    assert take_network(account) == "10.1.0.0/16"


def test_what_is_deleted_frees_its_range_and_other_accounts_take_none(account):
    live(account, "10.0.0.0/16", state=states.DELETED)
    live(factories.AwsAccountFactory(customer=account.customer, account_id="2" * 12), "10.0.0.0/16")

    assert take_network(account) == "10.0.0.0/16"


def test_an_account_that_two_customers_connected_is_one_account(account, db):
    theirs = factories.AwsAccountFactory(account_id=account.account_id)
    live(theirs, "10.0.0.0/16")

    assert take_network(account) == "10.1.0.0/16"


def test_when_every_range_is_used_the_sentence_says_what_to_do(account):
    for number in range(256):
        live(account, f"10.{number}.0.0/16")

    with pytest.raises(NoNetworkLeft, match=r"All 256 network ranges of account 111111111111 are used\. Delete"):
        take_network(account)


def test_the_database_refuses_a_second_environment_on_the_same_range(account):
    live(account, "10.7.0.0/16")

    with pytest.raises(IntegrityError), transaction.atomic():
        live(account, "10.7.0.0/16")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=st.lists(st.booleans(), min_size=1, max_size=12))
def test_whatever_comes_and_goes_no_two_living_share_a_range(account, ends):
    Environment.objects.all().delete()
    for ended in ends:
        live(account, take_network(account), state=states.DELETED if ended else states.READY)

    living = Environment.objects.exclude(state=states.DELETED).values_list("network", flat=True)
    assert len(set(living)) == len(living)
