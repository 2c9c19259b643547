"""Where settings and a customer's account become a session at AWS; nothing else reads the AWS settings for that."""

from django.conf import settings

from portal.core.sentences import NOTHING, Sentence
from portal.core.work.shares import shares
from provisioning.aws.patience import LOOK, ONCE, PAGE, STEP, Patience
from provisioning.aws.session import AwsEndpoint, AwsSession, BaseCredentials, KeyAccess, RoleAccess
from provisioning.models import AwsAccount

__all__ = ["LOOK", "ONCE", "PAGE", "STEP", "own_account", "session_for"]


def session_for(account: AwsAccount, region: str, patience: Patience = STEP) -> AwsSession:
    """A session in that account and region. Makes no call: wrong access shows when it is used.

    A look at an AWS that did not answer in time lately waits as long as a step: it holds a single thread (`shares`),
    and would otherwise never see what a slow AWS answers.
    """
    slow = patience is LOOK and shares.is_in_trouble(str(account.pk))
    return AwsSession(
        access=_access(account),
        region=region,
        endpoint=AwsEndpoint(settings.AWS_ENDPOINT_URL or None),
        base=BaseCredentials(settings.PORTAL_AWS_ACCESS_KEY_ID or None, settings.PORTAL_AWS_SECRET_ACCESS_KEY or None),
        patience=STEP if slow else patience,
        forbidden=own_account(account.account_id),
    )


def own_account(account_id: str) -> Sentence:
    """Why no customer may use this account, where it is in4it's own: its roles may trust the portal. Else NOTHING."""
    if account_id != settings.PORTAL_AWS_ACCOUNT_ID:
        return NOTHING
    return Sentence("aws.own_account", account=account_id)


def _access(account: AwsAccount) -> RoleAccess | KeyAccess:
    if account.access == AwsAccount.Access.KEY:
        return KeyAccess(account.access_key_id, account.secret_access_key)
    return RoleAccess(account.role_arn, account.external_id)
