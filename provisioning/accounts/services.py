"""What people do with AWS accounts: connect, change and test them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Customer
from portal.accounts.permissions import Can, require
from portal.core import audit
from portal.core.caller import Caller
from portal.core.errors import Invalid
from portal.core.work.state import transition
from provisioning.accounts import states
from provisioning.accounts.rules import AccountData, checked
from provisioning.aws.identity import ConnectionReport, new_external_id, role_template, test_connection
from provisioning.models import AwsAccount
from provisioning.sessions import PAGE, session_for
from provisioning.states import GONE


class AccountInUse(Invalid):
    """The account holds environments: it cannot become another one."""

    code = "account_in_use"


class AccountExists(Invalid):
    """The customer has connected this account before."""

    code = "account_exists"


def connect_account(customer: Customer, data: AccountData, caller: Caller) -> AwsAccount:
    """A new AWS account, not tested yet, with an ExternalId of its own. Raises Invalid, OwnAccount for in4it's."""
    require(caller, Can.MANAGE, customer)
    data = _without_unused_key(checked(data, has_secret=False))
    account = AwsAccount(customer=customer, external_id=new_external_id(), **asdict(data))
    with _once_per_customer(data), transaction.atomic():
        account.save(force_insert=True)
        audit.record("aws_account.added", account, caller=caller, after=asdict(data))
    return account


def change_account(account: AwsAccount, data: AccountData, caller: Caller) -> AwsAccount:
    """New data for an account; it has to be tested again.

    Raises Invalid, of which AccountInUse for another number under environments, OwnAccount for in4it's.
    """
    require(caller, Can.MANAGE, account.customer)
    data = checked(data, has_secret=bool(account.secret_access_key))
    with _once_per_customer(data), transaction.atomic():
        _change(AwsAccount.objects.select_for_update().get(pk=account.pk), data, caller)
    account.refresh_from_db()
    return account


def _change(account: AwsAccount, data: AccountData, caller: Caller) -> None:
    """Of the row as it is now: a test that ended meanwhile was of the old access."""
    if data.account_id != account.account_id and account.environments.exclude(state__in=GONE).exists():
        taken = "Environments live in this account, so its number cannot change. Add the other account."
        raise AccountInUse({"account_id": taken})
    kept = data.secret_access_key or account.secret_access_key
    values = asdict(_without_unused_key(replace(data, secret_access_key=kept)))
    before = {name: getattr(account, name) for name in values}
    for name, value in {**values, "checks": [], "checked_at": None, "revision": account.revision + 1}.items():
        setattr(account, name, value)
    account.save(update_fields=[*values, "checks", "checked_at", "revision"])
    audit.record("aws_account.changed", account, caller=caller, before=before, after=values)
    if account.state != states.UNTESTED:
        transition(account, states.UNTESTED, caller=caller)


def test_account(account: AwsAccount, caller: Caller) -> ConnectionReport:
    """Tries the access for real, with short waits, and keeps the report.

    Raises LostRace when the access was changed meanwhile: the result says nothing about the new one.
    """
    require(caller, Can.MANAGE, account.customer)
    session = session_for(account, settings.AWS_REGIONS[0], PAGE)
    report = test_connection(session, account.account_id)
    to = states.CONNECTED if report.ok else states.FAILING
    checks = [
        {"name": each.name.as_json(), "ok": each.ok, "sentence": each.sentence.as_json()} for each in report.checks
    ]
    transition(account, to, caller=caller, action="aws_account.tested", checks=checks, checked_at=timezone.now())
    return report


test_account.__test__ = False  # type: ignore[attr-defined]  # the name looks like a test's


def template_for(account: AwsAccount) -> str:
    """The CloudFormation template that makes the portal's role in this account."""
    return role_template(settings.PORTAL_AWS_ACCOUNT_ID, account.external_id, account.role_name)


@contextmanager
def _once_per_customer(data: AccountData) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise AccountExists(
            {"account_id": _("Account %(account_id)s is connected already.") % {"account_id": data.account_id}}
        ) from error


def _without_unused_key(data: AccountData) -> AccountData:
    """A key that is not used is not kept."""
    if data.access == AwsAccount.Access.KEY:
        return data
    return replace(data, access_key_id="", secret_access_key="")
