"""Members of a customer, their roles, and the owner who always remains."""

import pytest

from portal.accounts import services
from portal.accounts.models import Membership
from portal.core.errors import Invalid, UserError
from portal.core.models import AuditEvent
from tests import factories
from tests.callers import by


def membership(user) -> Membership:
    return Membership.objects.get(user=user)


def test_everybody_sees_the_members_but_only_managers_the_invitations(browse, acme, alice, bob):
    factories.InvitationFactory(customer=acme, email="dave@acme.example")

    seen = {user: browse(user).get("/c/acme/people/").content.decode() for user in (alice, bob)}

    assert "bob@acme.example" in seen[alice]
    assert "alice@acme.example" in seen[bob]
    assert "dave@acme.example" in seen[alice]
    assert "dave@acme.example" not in seen[bob]


def test_an_owner_changes_a_role_and_it_is_written_down(browse, alice, bob):
    response = browse(alice).post(f"/c/acme/people/{membership(bob).pk}/role/", {"role": "owner"})

    assert response["Location"] == "/c/acme/people/"
    assert membership(bob).role == "owner"
    event = AuditEvent.objects.get()
    assert (event.action, event.before, event.after) == (
        "membership.role_changed",
        {"role": "developer"},
        {"role": "owner"},
    )


def test_a_role_that_does_not_exist_is_refused(browse, alice, bob):
    response = browse(alice).post(f"/c/acme/people/{membership(bob).pk}/role/", {"role": "emperor"})

    assert response.status_code == 422
    assert "That role does not exist. Choose one of the list." in response.content.decode()
    with pytest.raises(Invalid):
        services.change_role(membership(bob), "emperor", by(alice))
    assert membership(bob).role == "developer"


def test_the_last_owner_cannot_be_demoted(browse, alice, bob):
    response = browse(alice).post(f"/c/acme/people/{membership(alice).pk}/role/", {"role": "viewer"})

    assert response.status_code == 409
    assert "Alice is the last owner of Acme. Make somebody else owner first." in response.content.decode()
    assert membership(alice).role == "owner"


def test_the_last_owner_cannot_be_removed(browse, alice, bob):
    response = browse(alice).post(f"/c/acme/people/{membership(alice).pk}/remove/")

    assert response.status_code == 409
    assert membership(alice).role == "owner"


def test_one_of_two_owners_may_leave(browse, acme, alice):
    factories.member(acme, "owner")

    response = browse(alice).post(f"/c/acme/people/{membership(alice).pk}/remove/")

    assert response["Location"] == "/"
    assert not Membership.objects.filter(user=alice).exists()


def test_two_owners_who_demote_each_other_leave_one(acme, alice):
    other = factories.member(acme, "owner")
    stale = [membership(alice), membership(other)]

    services.change_role(stale[0], "viewer", by(other))
    with pytest.raises(UserError, match="last owner"):
        services.change_role(stale[1], "viewer", by(alice))


def test_a_removed_member_is_a_stranger_at_once(browse, alice, bob):
    pages = browse(bob)
    assert pages.get("/c/acme/people/").status_code == 200

    browse(alice).post(f"/c/acme/people/{membership(bob).pk}/remove/")

    assert pages.get("/c/acme/people/").status_code == 404


def test_members_of_others_do_not_exist(browse, alice, charlie):
    response = browse(alice).post(f"/c/acme/people/{membership(charlie).pk}/remove/")

    assert response.status_code == 404


def test_a_refusal_to_htmx_carries_its_sentence(browse, alice):
    response = browse(alice).post(f"/c/acme/people/{membership(alice).pk}/remove/", headers={"HX-Request": "true"})

    assert "data-refusal" in response.content.decode()


def test_the_list_takes_as_many_queries_for_fifty_members_as_for_one(
    browse, acme, alice, django_assert_max_num_queries
):
    factories.MembershipFactory.create_batch(50, customer=acme)
    pages = browse(alice)

    with django_assert_max_num_queries(8):
        assert pages.get("/c/acme/people/").context["page"].paginator.count == 51
