"""What is refused about AWS accounts and environments."""

from typing import Any

from portal.accounts.models import Customer
from provisioning.accounts import services as accounts
from provisioning.accounts import states as account_states
from provisioning.accounts.forms import AccountForm
from provisioning.accounts.rules import AccountData
from provisioning.environments import services as environments
from provisioning.environments.forms import EnvironmentForm
from provisioning.environments.rules import EnvironmentData
from provisioning.models import AwsAccount
from tests import factories
from tests.callers import by
from tests.rules.table import Door, Values

LONG = "x" * 200
ROLE = {"name": "Main", "account_id": "1111-2222 3333", "access": "role", "role_name": "in4it-portal"}
KEY = {**ROLE, "access": "key", "access_key_id": "AKIAX", "secret_access_key": "s"}
WISH = {"account": "tested", "name": "QA", "kind": "qa", "region": "eu-west-1", "size": "small"}
BAD_ACCOUNTS: tuple[Values, ...] = (
    {"name": ""},
    {"name": LONG},
    {"name": "a\0b"},
    {"account_id": "12"},
    {"account_id": "11112222333x"},
    {"account_id": "1111222233334"},
    {"account_id": ""},
    {"account_id": "１１１１２２２２３３３３"},
    {"access": "magic"},
    {"access": ""},
    {"role_name": "no role!!"},
    {"role_name": "in4it-portal\n"},
    {"role_name": "ab"},
    {"role_name": LONG},
    {"access_key_id": LONG},
    {"secret_access_key": LONG},
    {"access": "key", "access_key_id": "", "secret_access_key": "s"},
    {"access": "key", "access_key_id": "AKIAX", "secret_access_key": ""},
    {"account_id": "12", "access": "key", "access_key_id": "", "secret_access_key": "", "role_name": "no role!!"},
)


def _connect(customer: Customer, values: Values) -> AwsAccount:
    return accounts.connect_account(customer, AccountData(**values), by(factories.UserFactory()))


def _keyed() -> AwsAccount:
    return factories.AwsAccountFactory(access="key", access_key_id="AKIAX", secret_access_key="stored")


def _change(account: AwsAccount, values: Values) -> AwsAccount:
    return accounts.change_account(account, AccountData(**values), by(factories.UserFactory()))


class Place:
    """A customer with an environment, and the accounts somebody could choose."""

    def __init__(self) -> None:
        self.customer = factories.CustomerFactory(slug="acme")
        of = {"customer": self.customer}
        self.accounts = {
            "tested": factories.AwsAccountFactory(**of),
            "untested": factories.AwsAccountFactory(**of, account_id="2" * 12, state=account_states.UNTESTED),
            "failing": factories.AwsAccountFactory(**of, account_id="3" * 12, state=account_states.FAILING),
            "foreign": factories.AwsAccountFactory(account_id="4" * 12),
        }
        factories.EnvironmentFactory(**of, account=self.accounts["tested"], slug="dev")

    def chosen(self, values: Values) -> dict[str, Any]:
        return {**values, "account": self.accounts[values["account"]]}


def _wish_form(place: Place, values: Values) -> EnvironmentForm:
    chosen = place.chosen(values)
    return EnvironmentForm({**chosen, "account": chosen["account"].pk}, customer=place.customer)


def _request(place: Place, values: Values) -> object:
    wish = EnvironmentData(**place.chosen(values))
    return environments.request_environment(place.customer, wish, by(factories.UserFactory()))


DOORS = [
    Door(
        name="provisioning.connect_account",
        world=factories.CustomerFactory,
        form=lambda _, values: AccountForm(values),
        service=_connect,
        good=ROLE,
        bad=BAD_ACCOUNTS,
    ),
    Door(
        name="provisioning.change_account",
        world=_keyed,
        form=lambda account, values: AccountForm(values, account=account),
        service=_change,
        good=KEY | {"secret_access_key": ""},
        bad=(
            {"access_key_id": ""},
            {"secret_access_key": LONG},
            {"account_id": "12"},
            {"role_name": "no role!!"},
            {"name": ""},
        ),
    ),
    Door(
        name="provisioning.request_environment",
        world=Place,
        form=_wish_form,
        service=_request,
        good=WISH,
        chosen=frozenset({"account"}),
        bad=(
            {"account": "untested"},
            {"account": "failing"},
            {"account": "foreign"},
            {"name": ""},
            {"name": "!!!"},
            {"name": "new"},
            {"name": "Dev"},
            {"name": "x" * 41},
            {"name": "a\0b"},
            {"kind": "huge"},
            {"kind": ""},
            {"region": "mars-1"},
            {"region": ""},
            {"size": "gigantic"},
            {"account": "foreign", "name": "", "kind": "x", "region": "mars-1", "size": ""},
        ),
    ),
]
