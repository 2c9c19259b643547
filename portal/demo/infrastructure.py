"""The demo's AWS account and environments, made by the same services the pages use."""

from portal.accounts.models import Customer
from portal.core.caller import Caller
from portal.demo.report import NotSeen, wait_until
from portal.demo.role import REGION, make_role
from provisioning import states
from provisioning.accounts import services as accounts
from provisioning.accounts import states as account_states
from provisioning.accounts.rules import AccountData
from provisioning.environments import services
from provisioning.environments.rules import EnvironmentData
from provisioning.models import AwsAccount, Environment

ACCOUNT_ID = "111111111111"
KINDS = (("Development", "dev"), ("QA", "qa"), ("Production", "production"))
SECONDS = 120


def account(customer: Customer, owner: Caller) -> AwsAccount:
    """Acme's own AWS account, connected by a role that is made from the template the portal offers."""
    found = AwsAccount.objects.for_customer(customer).first()
    if not isinstance(found, AwsAccount):
        found = accounts.connect_account(customer, AccountData("Acme main", ACCOUNT_ID), owner)
    if found.state != account_states.CONNECTED:
        make_role(found, owner)
        report = accounts.test_account(found, owner)
        if not report.ok:
            wrong = next(check for check in report.checks if not check.ok)
            raise NotSeen(f"The connection test failed: {wrong.name}: {wrong.sentence}")
    return found


def environments(customer: Customer, owner: Caller, aws: AwsAccount) -> list[Environment]:
    """dev, QA and production: planned, approved, ready; all three side by side."""
    wanted = [_requested(customer, owner, aws, name, kind) for name, kind in KINDS]
    for environment in wanted:
        _wait(environment, states.PLANNED, states.CREATING, states.READY)
        if environment.state == states.PLANNED:
            services.approve(environment, owner)
    for environment in wanted:
        _wait(environment, states.READY)
    return wanted


def _requested(customer: Customer, owner: Caller, aws: AwsAccount, name: str, kind: str) -> Environment:
    found = Environment.objects.for_customer(customer).exclude(state__in=states.GONE).filter(kind=kind).first()
    if isinstance(found, Environment):
        return found
    return services.request_environment(customer, EnvironmentData(aws, name, kind, REGION), owner)


def _wait(environment: Environment, *wanted: str) -> None:
    def arrived() -> bool:
        environment.refresh_from_db()
        if environment.state in {states.FAILED, states.ERRORED}:
            raise NotSeen(f"{environment} is {environment.state}: {environment.reason}")
        return environment.state in wanted

    wait_until(arrived, SECONDS, f"{environment} becoming {wanted[0]}")
