"""The same form sent twice at the same moment: one is done, the other reads why it is not; nothing breaks."""

from pathlib import Path

import pytest
from django.urls import reverse

from portal.accounts import services
from portal.accounts.forms import CustomerForm, JoinForm
from portal.accounts.models import Customer, Invitation, User
from tests import factories
from tests.at_once import run
from tests.callers import by

PROGRAM = Path(__file__).with_name("sent_twice.py")
NAMES = {"name": "Dave", "password": "a long enough sentence"}


def test_of_two_at_once_the_second_is_told_what_the_first_has_done(empty_database):
    assert run(PROGRAM, empty_database) == {
        "one_link_twice": {
            "status": 410,
            "problems": "This invitation has just been used or withdrawn. Ask for a new one.",
            "users": 1,
            "memberships": 1,
        },
        "two_links_of_one_address": {
            "status": 422,
            "problems": {"": "dora@acme.example has an account by now. Log in with it, then open this link again."},
            "users": 1,
            "memberships": 1,
            "second link is open": True,
        },
        "one_customer_twice": {
            "status": 422,
            "problems": {
                "name": "Customer with this Name already exists.",
                "slug": "Customer with this Slug already exists.",
            },
            "customers": 1,
        },
        "one_invitation_twice": {"status": 0, "problems": {}, "open links": 1},
    }


@pytest.fixture
def meanwhile(monkeypatch):
    """Somebody else is faster: `act` happens when the form has been checked and nothing is done yet."""

    def happens(form, act) -> None:
        check = form.is_valid

        def is_valid(self) -> bool:
            checked = check(self)
            act()
            return checked

        monkeypatch.setattr(form, "is_valid", is_valid)

    return happens


@pytest.fixture
def link(acme, alice) -> str:
    _, token = services.invite(acme, "dave@acme.example", "developer", by(alice))
    return reverse("invitation", args=[token])


def test_a_link_that_is_used_while_the_form_is_checked_is_gone(client, link, meanwhile):
    meanwhile(JoinForm, lambda: services.join(Invitation.objects.get(), factories.UserFactory()))

    response = client.post(link, NAMES)

    assert response.status_code == 410
    assert not User.objects.filter(email="dave@acme.example").exists()


def test_an_address_that_gets_an_account_while_the_form_is_checked_reads_what_to_do(client, link, meanwhile):
    meanwhile(JoinForm, lambda: factories.UserFactory(email="dave@acme.example"))

    response = client.post(link, NAMES)

    assert response.status_code == 422
    assert "dave@acme.example has an account by now. Log in with it" in response.content.decode()
    assert Invitation.objects.get().accepted_at is None


def test_a_name_that_is_taken_while_the_form_is_checked_is_refused_at_its_field(browse, erin, meanwhile):
    meanwhile(CustomerForm, lambda: factories.CustomerFactory(name="Globex", slug="globex"))

    response = browse(erin).post(
        "/staff/customers/new/", {"name": "Globex", "slug": "globex", "owner_email": "hank@globex.example"}
    )

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "name": ["Customer with this Name already exists."],
        "slug": ["Customer with this Slug already exists."],
    }
    assert (Customer.objects.count(), Invitation.objects.count()) == (1, 0)
