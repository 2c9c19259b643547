"""Changes to customers and their people, each in one transaction with its audit event."""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import rules, selectors
from portal.accounts.models import Customer, Invitation, Membership, Role, User
from portal.accounts.permissions import IN_ENVIRONMENTS, Can, name_of, person, require, require_grant
from portal.accounts.rules import AccountData, CompanyData, CustomerData, InvitationData
from portal.core import audit, outbox
from portal.core.caller import Caller
from portal.core.errors import UserError
from portal.core.locks import hold
from portal.core.rules import Problems

INVITATION_DAYS = 7


class UnknownInvitation(UserError):
    """There is no invitation of this token."""

    code = "unknown_invitation"
    status = 404


class InvitationOver(UserError):
    """The invitation was used or withdrawn, or has expired."""

    code = "invitation_over"
    status = 410


def change_company(customer: Customer, company: CompanyData, caller: Caller) -> None:
    """Saves legal and billing data; the log keeps only what is different. Raises Invalid."""
    require(caller, Can.COMPANY, customer)
    values = asdict(rules.checked_company(company))
    before = {name: getattr(customer, name) for name in values}
    changed = {name: value for name, value in values.items() if value != before[name]}
    if not changed:
        return
    for name, value in changed.items():
        setattr(customer, name, value)
    with transaction.atomic():
        customer.save(update_fields=list(changed))
        audit.record(
            "customer.changed",
            customer,
            caller=caller,
            customer=customer,
            before={name: before[name] for name in changed},
            after=changed,
        )


def create_customer(name: str, slug: str, owner_email: str, caller: Caller) -> tuple[Invitation, str]:
    """A new customer and the invitation of its first owner, with its mail and its token. Raises Invalid."""
    data = rules.checked_customer(CustomerData(name, slug, owner_email))
    with transaction.atomic():
        with _refusing_what_is_taken(lambda: rules.customer_problems(data)):
            customer = Customer.objects.create(name=data.name, slug=data.slug)
        after = {"name": data.name, "slug": data.slug}
        audit.record("customer.created", customer, caller=caller, customer=customer, after=after)
        return _offer(customer, InvitationData(data.owner_email, Role.OWNER), caller)


def invite(customer: Customer, email: str, role: str, caller: Caller) -> tuple[Invitation, str]:
    """An invitation, its mail, and its token, which is not kept. It replaces an open one to the same address.
    Raises Invalid, and Forbidden for a role that can do more than the caller.
    """
    require(caller, Can.MANAGE, customer)
    require_grant(caller, customer, [role])
    return _offer(customer, InvitationData(email, role), caller)


def _offer(customer: Customer, asked: InvitationData, caller: Caller) -> tuple[Invitation, str]:
    data, token = rules.checked_invitation(asked, customer), secrets.token_urlsafe(32)
    with transaction.atomic():
        _hold_people(customer.pk)
        for earlier in selectors.open_invitations(customer).filter(email=data.email):
            _withdraw(earlier, caller)
        invitation = Invitation.objects.create(
            customer=customer,
            email=data.email,
            role=data.role,
            token_hash=hash_of(token),
            invited_by_id=caller.asker_id,
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
        audit.record("invitation.created", invitation, caller=caller, after=asdict(data))
        outbox.put("accounts.invitation", outbox.MAIL, invitation, token=token)
    return invitation, token


def revoke(invitation: Invitation, caller: Caller) -> None:
    """Makes an open invitation useless. Raises UserError when it was accepted, revoked or expired before."""
    require(caller, Can.MANAGE, invitation.customer)
    _withdraw(invitation, caller)


def _withdraw(invitation: Invitation, caller: Caller) -> None:
    with transaction.atomic():
        if not selectors.usable().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
            raise UserError(
                _("This invitation is not open any more. Reload the page to see who belongs to the company.")
            )
        audit.record("invitation.revoked", invitation, caller=caller)


def invitation_of(token: str) -> Invitation:
    """The open invitation of a token. Raises UnknownInvitation, or InvitationOver that says why."""
    invitation = selectors.invitation_by_hash(hash_of(token))
    if invitation is None:
        raise UnknownInvitation(
            _("This invitation link is not known. Copy the whole link from the mail, or ask for a new one.")
        )
    if invitation.accepted_at:
        raise InvitationOver(_("This invitation has been used already. Log in with the address it was sent to."))
    if invitation.revoked_at:
        raise InvitationOver(_("This invitation was withdrawn. Ask the person who invited you for a new one."))
    if invitation.expires_at <= timezone.now():
        raise InvitationOver(
            _("This invitation has expired: it was valid for %(invitation_days)s days. Ask for a new one.")
            % {"invitation_days": INVITATION_DAYS}
        )
    return invitation


def join(invitation: Invitation, user: User) -> None:
    """Makes `user` a member by an open invitation, once. Raises InvitationOver when it was just used or withdrawn."""
    with transaction.atomic():
        _use_up(invitation)
        _become_member(invitation, user)


def join_as_new_user(invitation: Invitation, name: str, password: str) -> User:
    """Makes the account of the invited address, which following the link has proved, and its membership.
    Raises Invalid, or InvitationOver when the invitation has just been used or withdrawn.
    """
    data = rules.checked_account(AccountData(invitation.email, name, password))
    with transaction.atomic():
        _use_up(invitation)
        with _refusing_what_is_taken(lambda: rules.account_problems(data)):
            user = User.objects.create_user(data.email, data.password, name=data.name)
        # Without a proved address allauth lets nobody set up a second factor.
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        audit.record("user.created", user, caller=person(user), customer=invitation.customer)
        _become_member(invitation, user)
    return user


def change_role(membership: Membership, role: str, caller: Caller) -> None:
    """Gives a member another role. Raises Invalid, or UserError when that would leave the customer without an owner."""
    rules.check_role(role)
    require(caller, Can.MANAGE, membership.customer)
    with transaction.atomic():
        before = _current_role(membership)
        if role == before:
            return
        require_grant(caller, membership.customer, [before, role])
        if before == Role.OWNER:
            _keep_an_owner(membership)
        Membership.objects.filter(pk=membership.pk).update(role=role)
        audit.record(
            "membership.role_changed", membership, caller=caller, before={"role": before}, after={"role": role}
        )
    membership.role = role


def set_environment_role(membership: Membership, environment: Model, role: str, caller: Caller) -> None:
    """The role that counts for a member in one environment; empty: the same as in the whole customer.

    Raises Invalid, and Forbidden for a role that can do more there than the caller in the customer.
    """
    rules.check_environment_role(role)
    require(caller, Can.MANAGE, membership.customer)
    require_grant(caller, membership.customer, [role], within=IN_ENVIRONMENTS)
    with transaction.atomic():
        _hold_people(membership.customer_id)
        roles = dict(Membership.objects.get(pk=membership.pk).environment_roles)
        before = roles.pop(str(environment.pk), "")
        if role == before:
            return
        membership.environment_roles = {**roles, str(environment.pk): role} if role else roles
        membership.save(update_fields=["environment_roles"])
        facts = {"environment": name_of(environment), "role": role}
        audit.record(
            "membership.environment_role_changed", membership, caller=caller, before={"role": before}, after=facts
        )


def remove(membership: Membership, caller: Caller) -> None:
    """Ends a membership. Raises UserError when it is that of the last owner."""
    require(caller, Can.MANAGE, membership.customer)
    with transaction.atomic():
        before = _current_role(membership)
        require_grant(caller, membership.customer, [before])
        if before == Role.OWNER:
            _keep_an_owner(membership)
        audit.record("membership.removed", membership, caller=caller, before={"role": before})
        membership.delete()


def hash_of(token: str) -> str:
    """What is kept of an invitation's token."""
    return hashlib.sha256(token.encode()).hexdigest()


@contextmanager
def _refusing_what_is_taken(problems: Callable[[], Problems]) -> Iterator[None]:
    """Around the making of a row that is the only one of its name: when somebody else was faster, `problems` say so."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        problems().refuse()
        raise


def _use_up(invitation: Invitation) -> None:
    """Before anything else is made of it, so that of two who follow a link at once only one does."""
    if not selectors.usable().filter(pk=invitation.pk).update(accepted_at=timezone.now()):
        raise InvitationOver(_("This invitation has just been used or withdrawn. Ask for a new one."))


def _become_member(invitation: Invitation, user: User) -> None:
    membership, _ = Membership.objects.get_or_create(
        customer=invitation.customer, user=user, defaults={"role": invitation.role}
    )
    audit.record("membership.created", membership, caller=person(user), after={"role": membership.role})


def _hold_people(customer_id: int) -> None:
    """Nobody else invites people to the customer, or changes their roles, until the transaction ends."""
    hold(f"people:{customer_id}")


def _current_role(membership: Membership) -> str:
    """The role as it is now, while nobody else changes roles of the same customer."""
    _hold_people(membership.customer_id)
    role = Membership.objects.filter(pk=membership.pk).values_list("role", flat=True).first()
    if role is None:
        raise UserError(_("This person has been removed a moment ago. Reload the page."))
    return str(role)


def _keep_an_owner(membership: Membership) -> None:
    if not selectors.owners(membership.customer).exclude(pk=membership.pk).exists():
        raise UserError(
            _("%(user)s is the last owner of %(customer)s. Make somebody else owner first.")
            % {"user": membership.user, "customer": membership.customer}
        )
