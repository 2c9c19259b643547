"""Changes to customers and their people, each in one transaction with its audit event."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from portal.accounts import selectors
from portal.accounts.models import Customer, Invitation, Membership, Role, User
from portal.core import audit, outbox
from portal.core.errors import UserError
from portal.core.locks import hold

INVITATION_DAYS = 7
GONE = 410


def change_company(customer: Customer, values: Mapping[str, Any], actor: User) -> None:
    """Saves legal and billing data; the log keeps only what is different."""
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
            actor=actor,
            customer=customer,
            before={name: before[name] for name in changed},
            after=changed,
        )


def create_customer(name: str, slug: str, owner_email: str, actor: User) -> tuple[Invitation, str]:
    """A new customer and the invitation of its first owner, with its mail and its token."""
    with transaction.atomic():
        customer = Customer.objects.create(name=name, slug=slug)
        audit.record("customer.created", customer, actor=actor, customer=customer, after={"name": name, "slug": slug})
        return invite(customer, owner_email, Role.OWNER, actor)


def invite(customer: Customer, email: str, role: str, actor: User) -> tuple[Invitation, str]:
    """An invitation, its mail, and its token, which is not kept. It replaces an open one to the same address.

    Raises UserError when the address already belongs to a member, or to somebody of in4it: staff see customers by
    their own role, and nobody gives themselves another one.
    """
    email, token = email.lower(), secrets.token_urlsafe(32)
    invited = selectors.user_by_email(email)
    if invited is not None and invited.staff_role:
        raise UserError(f"{email} works at in4it and sees {customer} already, by the role they have there.")
    if selectors.members(customer).filter(user__email=email).exists():
        raise UserError(f"{email} is already a member of {customer}. Change the role on the people page instead.")
    with transaction.atomic():
        for earlier in selectors.open_invitations(customer).filter(email=email):
            revoke(earlier, actor)
        invitation = Invitation.objects.create(
            customer=customer,
            email=email,
            role=role,
            token_hash=hash_of(token),
            invited_by=actor,
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
        audit.record("invitation.created", invitation, actor=actor, after={"email": email, "role": role})
        outbox.put("accounts.invitation", outbox.MAIL, invitation, token=token)
    return invitation, token


def revoke(invitation: Invitation, actor: User) -> None:
    """Makes an open invitation useless. Raises UserError when it was accepted, revoked or expired before."""
    with transaction.atomic():
        if not selectors.usable().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
            raise UserError("This invitation is not open any more. Reload the page to see who belongs to the company.")
        audit.record("invitation.revoked", invitation, actor=actor)


def invitation_of(token: str) -> Invitation:
    """The open invitation of a token. Raises UserError (404 or 410) that says why there is none."""
    invitation = selectors.invitation_by_hash(hash_of(token))
    if invitation is None:
        raise UserError(
            "This invitation link is not known. Copy the whole link from the mail, or ask for a new one.", status=404
        )
    if invitation.accepted_at:
        raise UserError("This invitation has been used already. Log in with the address it was sent to.", status=GONE)
    if invitation.revoked_at:
        raise UserError("This invitation was withdrawn. Ask the person who invited you for a new one.", status=GONE)
    if invitation.expires_at <= timezone.now():
        sentence = f"This invitation has expired: it was valid for {INVITATION_DAYS} days. Ask for a new one."
        raise UserError(sentence, status=GONE)
    return invitation


def join(invitation: Invitation, user: User) -> None:
    """Makes `user` a member by a valid invitation, once. Raises UserError when it has just been used or withdrawn."""
    with transaction.atomic():
        if not selectors.usable().filter(pk=invitation.pk).update(accepted_at=timezone.now()):
            raise UserError("This invitation has just been used or withdrawn. Ask for a new one.", status=GONE)
        membership, _ = Membership.objects.get_or_create(
            customer=invitation.customer, user=user, defaults={"role": invitation.role}
        )
        audit.record("membership.created", membership, actor=user, after={"role": membership.role})


def join_as_new_user(invitation: Invitation, name: str, password: str) -> User:
    """Makes the account of the invited address, which following the link has proved, and its membership."""
    with transaction.atomic():
        user = User.objects.create_user(invitation.email, password, name=name)
        # Without a proved address allauth lets nobody set up a second factor.
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        audit.record("user.created", user, actor=user, customer=invitation.customer)
        join(invitation, user)
    return user


def change_role(membership: Membership, role: str, actor: User) -> None:
    """Gives a member another role. Raises UserError when that would leave the customer without an owner."""
    with transaction.atomic():
        before = _current_role(membership)
        if role == before:
            return
        if before == Role.OWNER:
            _keep_an_owner(membership)
        Membership.objects.filter(pk=membership.pk).update(role=role)
        audit.record("membership.role_changed", membership, actor=actor, before={"role": before}, after={"role": role})
    membership.role = role


def remove(membership: Membership, actor: User) -> None:
    """Ends a membership. Raises UserError when it is that of the last owner."""
    with transaction.atomic():
        before = _current_role(membership)
        if before == Role.OWNER:
            _keep_an_owner(membership)
        audit.record("membership.removed", membership, actor=actor, before={"role": before})
        membership.delete()


def hash_of(token: str) -> str:
    """What is kept of an invitation's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _current_role(membership: Membership) -> str:
    """The role as it is now, while nobody else changes roles of the same customer."""
    hold(f"people:{membership.customer_id}")
    role = Membership.objects.filter(pk=membership.pk).values_list("role", flat=True).first()
    if role is None:
        raise UserError("This person has been removed a moment ago. Reload the page.")
    return str(role)


def _keep_an_owner(membership: Membership) -> None:
    if not selectors.owners(membership.customer).exclude(pk=membership.pk).exists():
        raise UserError(
            f"{membership.user} is the last owner of {membership.customer}. Make somebody else owner first."
        )
