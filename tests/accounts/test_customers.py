"""Customers as engineers keep them."""

from portal.accounts.models import Customer, Invitation
from portal.core.models import AuditEvent, Outgoing
from tests import factories

NEW = {"name": "Globex", "slug": "globex", "owner_email": "Hank@globex.example"}


def test_an_engineer_makes_a_customer_and_invites_its_owner(browse, erin):
    response = browse(erin).post("/staff/customers/new/", NEW)

    invitation = Invitation.objects.get()
    assert (invitation.customer.slug, invitation.email, invitation.role) == ("globex", "hank@globex.example", "owner")
    letter = Outgoing.objects.get()
    assert (letter.kind, letter.about_id, letter.customer) == (
        "accounts.invitation",
        str(invitation.pk),
        invitation.customer,
    )
    assert "/invitations/" not in response.content.decode()  # a link that is shown would let the engineer in
    assert [*AuditEvent.objects.values_list("action", "customer__slug")] == [
        ("invitation.created", "globex"),
        ("customer.created", "globex"),
    ]


def test_a_short_name_that_aws_would_refuse_is_refused(browse, erin):
    for slug in ("Globex", "glo_bex", "1globex", "globex-", "glo--bex", "internal-it", "awsome", "g" * 21, ""):
        response = browse(erin).post("/staff/customers/new/", {**NEW, "slug": slug})

        assert response.status_code == 422, slug
    assert not Customer.objects.exists()


def test_a_name_that_is_taken_is_refused(browse, erin, acme):
    response = browse(erin).post("/staff/customers/new/", {**NEW, "slug": "acme"})

    assert response.status_code == 422
    assert not Invitation.objects.exists()


def test_somebody_of_in4it_does_not_become_owner_of_a_customer(browse, erin):
    response = browse(erin).post("/staff/customers/new/", {**NEW, "owner_email": "ERIN@in4it.example"})

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "owner_email": ["erin@in4it.example works at in4it and sees Globex already, by the role they have there."]
    }
    assert not Customer.objects.exists()


def test_customers_are_found_by_name_and_vat_number(browse, erin, acme, charlie):
    Customer.objects.filter(slug="other").update(vat_number="NL004495445B01")

    def found(words: str) -> list[str]:
        return [customer.slug for customer in browse(erin).get(f"/staff/customers/?q={words}").context["page"]]

    assert found("ACME") == ["acme"]
    assert found("NL0044") == ["other"]
    assert found("") == ["acme", "other"]
    assert found("nobody") == []


def test_the_list_takes_as_many_queries_for_sixty_customers_as_for_one(browse, erin, django_assert_max_num_queries):
    factories.MembershipFactory.create_batch(60)
    pages = browse(erin)

    with django_assert_max_num_queries(8):
        assert len(pages.get("/staff/customers/").context["page"]) == 50


def test_a_search_that_no_database_takes_finds_everybody(browse, erin, acme):
    answer = browse(erin).get("/staff/customers/", {"q": "a\x00b"})

    assert answer.status_code == 200
    assert "Acme" in answer.content.decode()
