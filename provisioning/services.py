"""What people ask for: AWS accounts connected and changed, environments requested, approved, retried, deleted.

A service writes rows and the audit log in one transaction, and the work it asks for starts when that commits.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.accounts.models import Customer
from portal.core import audit
from portal.core.errors import Busy, IllegalMove, UserError
from portal.core.work.state import transition
from portal.core.work.steps import begin
from provisioning import guests, states
from provisioning.aws.identity import ConnectionReport, new_external_id, role_template, test_connection
from provisioning.models import AwsAccount, Environment
from provisioning.naming import UnfitName, slug_of, stack_name
from provisioning.networks import take_network
from provisioning.sessions import TEST_READ_SECONDS, own_account, session_for


@dataclass(frozen=True)
class AccountData:
    """What somebody enters about an AWS account. An empty secret access key keeps the one that is stored."""

    name: str
    account_id: str
    access: str = AwsAccount.Access.ROLE
    role_name: str = "in4it-portal"
    access_key_id: str = ""
    secret_access_key: str = ""


@dataclass(frozen=True)
class EnvironmentData:
    """What somebody chooses for a new environment."""

    account: AwsAccount
    name: str
    kind: str
    region: str
    size: str = Environment.Size.SMALL


class AccountInUse(UserError):
    """The account holds environments: it cannot become another one."""

    code = "account_in_use"


class OwnAccount(UserError):
    """The account is in4it's own: whoever connects it would act as the portal."""

    code = "own_account"
    status = 422


def connect_account(customer: Customer, data: AccountData, actor: Any) -> AwsAccount:
    """A new AWS account, not tested yet, with an ExternalId of its own. Raises OwnAccount for in4it's."""
    account = AwsAccount(customer=customer, external_id=new_external_id())
    return _save_account(account, data, actor, "aws_account.added")


def change_account(account: AwsAccount, data: AccountData, actor: Any) -> AwsAccount:
    """New data for an account; it has to be tested again.

    Raises AccountInUse for another number under environments, OwnAccount for in4it's.
    """
    if data.account_id != account.account_id and account.environments.exclude(state__in=states.GONE).exists():
        raise AccountInUse("Environments live in this account, so its number cannot change. Add the other account.")
    kept = data.secret_access_key or account.secret_access_key
    return _save_account(account, replace(data, secret_access_key=kept), actor, "aws_account.changed")


def _save_account(account: AwsAccount, data: AccountData, actor: Any, action: str) -> AwsAccount:
    if refusal := own_account(data.account_id):
        raise OwnAccount(refusal)
    by_key = data.access == AwsAccount.Access.KEY
    values: dict[str, Any] = {
        "name": data.name,
        "account_id": data.account_id,
        "access": data.access,
        "role_name": data.role_name,
        # A key that is not used is not kept.
        "access_key_id": data.access_key_id if by_key else "",
        "secret_access_key": data.secret_access_key if by_key else "",
    }
    before = {name: getattr(account, name) for name in values} if account.pk else {}
    for name, value in {**values, "status": AwsAccount.Status.UNTESTED, "checks": [], "checked_at": None}.items():
        setattr(account, name, value)
    try:
        with transaction.atomic():
            account.save()
            audit.record(action, account, actor=actor, before=before, after=values)
    except IntegrityError as error:
        raise UserError(
            f"Account {data.account_id} is connected already.", code="account_exists", status=422
        ) from error
    return account


def test_account(account: AwsAccount, actor: Any) -> ConnectionReport:
    """Tries the access for real, with short waits, and keeps the report."""
    session = session_for(account, settings.AWS_REGIONS[0], read_seconds=TEST_READ_SECONDS)
    report = test_connection(session, account.account_id)
    account.status = AwsAccount.Status.CONNECTED if report.ok else AwsAccount.Status.FAILING
    account.checks = [{"name": each.name, "ok": each.ok, "sentence": each.sentence} for each in report.checks]
    account.checked_at = timezone.now()
    with transaction.atomic():
        account.save(update_fields=["status", "checks", "checked_at"])
        audit.record("aws_account.tested", account, actor=actor, after={"status": account.status})
    return report


test_account.__test__ = False  # type: ignore[attr-defined]  # the name looks like a test's


def template_for(account: AwsAccount) -> str:
    """The CloudFormation template that makes the portal's role in this account."""
    return role_template(settings.PORTAL_AWS_ACCOUNT_ID, account.external_id, account.role_name)


def request_environment(customer: Customer, data: EnvironmentData, actor: Any) -> Environment:
    """A new environment in state draft. Raises UserError when the account or the name will not do."""
    if data.account.customer_id != customer.pk or data.account.status != AwsAccount.Status.CONNECTED:
        raise UserError("Test the connection of the AWS account first, then create the environment.", code="no_account")
    slug = free_slug(customer, data.name)
    environment = Environment(
        customer=customer,
        account=data.account,
        name=data.name,
        slug=slug,
        kind=data.kind,
        region=data.region,
        size=data.size,
        state=states.DRAFT,
        created_by=actor,
        started_at=timezone.now(),
        stack_name=stack_name(customer.slug, slug),
    )
    after = {"name": data.name, "kind": data.kind, "region": data.region, "size": data.size}
    try:
        with transaction.atomic():
            environment.network = take_network(data.account)
            begin(environment)
            audit.record("environment.requested", environment, actor=actor, after=after)
    except IntegrityError as error:
        raise _taken(slug) from error
    return environment


def free_slug(customer: Customer, name: str) -> str:
    """The short name for an environment of that name; raises UnfitName when there is none or it is taken."""
    slug = slug_of(customer.slug, name)
    if Environment.objects.for_customer(customer).filter(slug=slug).exclude(state__in=states.GONE).exists():
        raise _taken(slug)
    return slug


def _taken(slug: str) -> UnfitName:
    return UnfitName(f'There is an environment with the short name "{slug}" already. Choose another name.')


def approve(environment: Environment, actor: Any) -> None:
    """The plan may be carried out. Raises IllegalMove or LostRace when it is not waiting for approval."""
    if environment.state != states.PLANNED:
        raise IllegalMove(f"{environment} has no plan that waits for approval. Reload the page to see where it stands.")
    transition(environment, states.CREATING, actor=actor, reason="", started_at=timezone.now(), deletion_asked_at=None)


def retry(environment: Environment, actor: Any) -> None:
    """Plans anew after a failure; what the failed attempt left is deleted first. Raises IllegalMove or LostRace."""
    if environment.state not in states.RETRYABLE:
        raise IllegalMove(f"{environment} has not failed, so there is nothing to try again.")
    transition(
        environment,
        states.PLANNING,
        actor=actor,
        attempt=environment.attempt + 1,
        change_set_id="",
        plan=[],
        outputs={},
        advice="",
        traceback="",
        deletion_asked_at=None,
        started_at=timezone.now(),
    )


def request_deletion(environment: Environment, typed_name: str, actor: Any) -> None:
    """Deletes the environment and everything in it; the name typed must be its own.

    Raises UserError, and Busy while something is being deployed to it.
    """
    if typed_name.strip() != environment.name:
        raise UserError(f"Type {environment.name} exactly as it is written here.", code="wrong_name", status=422)
    with transaction.atomic():
        hold_still(environment)
        _refuse_rollouts(environment)
        transition(
            environment, states.DELETING, actor=actor, advice="", deletion_asked_at=None, started_at=timezone.now()
        )


def hold_still(environment: Environment) -> Environment:
    """The environment as it is now, unchanged until the transaction ends: no rollout begins while it is given up."""
    row: Environment = Environment.objects.select_for_update().get(pk=environment.pk)
    return row


def _refuse_rollouts(environment: Environment) -> None:
    under_way = guests.arriving_in(environment.pk)
    if under_way:
        names = ", ".join(under_way)
        raise Busy(f"{names} is being deployed to {environment.name}. Wait until that ends, or cancel it first.")
