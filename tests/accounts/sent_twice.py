"""A program for the tests: two people send the same form at the same moment."""

from functools import partial
from typing import Any

import django

django.setup()

from portal.accounts import selectors, services  # noqa: E402
from portal.accounts.models import Customer, Membership, User  # noqa: E402
from portal.core.errors import UserError  # noqa: E402
from tests.at_once import at_once, report  # noqa: E402
from tests.callers import by  # noqa: E402
from tests.factories import CustomerFactory, InvitationFactory, UserFactory  # noqa: E402

PASSWORD = "a long enough sentence"


def one_link_twice() -> dict[str, Any]:
    invitation = InvitationFactory(email="dave@acme.example", token_hash="1")
    join = partial(services.join_as_new_user, invitation, "Dave", PASSWORD)
    return said(at_once(join, join)) | left_of("dave@acme.example")


def two_links_of_one_address() -> dict[str, Any]:
    invitations = [InvitationFactory(email="dora@acme.example", token_hash=number) for number in "23"]
    joins = [partial(services.join_as_new_user, invitation, "Dora", PASSWORD) for invitation in invitations]
    found = said(at_once(*joins)) | left_of("dora@acme.example")
    invitations[1].refresh_from_db()
    return found | {"second link is open": invitations[1].accepted_at is None}


def one_customer_twice() -> dict[str, Any]:
    engineer = UserFactory(staff_role="engineer")
    create = partial(services.create_customer, "Globex", "globex", "hank@globex.example", by(engineer))
    return said(at_once(create, create)) | {"customers": Customer.objects.filter(slug="globex").count()}


def one_invitation_twice() -> dict[str, Any]:
    customer, owner = CustomerFactory(), UserFactory()
    invite = partial(services.invite, customer, "dave@acme.example", "viewer", by(owner))
    return said(at_once(invite, invite)) | {"open links": selectors.open_invitations(customer).count()}


def said(refusal: UserError | None) -> dict[str, Any]:
    if refusal is None:
        return {"status": 0, "problems": {}}
    return {"status": refusal.status, "problems": getattr(refusal, "problems", str(refusal))}


def left_of(email: str) -> dict[str, Any]:
    users = User.objects.filter(email=email)
    return {"users": users.count(), "memberships": Membership.objects.filter(user__in=users).count()}


SENT_TWICE = (one_link_twice, two_links_of_one_address, one_customer_twice, one_invitation_twice)


def find() -> dict[str, Any]:
    return {each.__name__: each() for each in SENT_TWICE}


if __name__ == "__main__":
    report(find)
