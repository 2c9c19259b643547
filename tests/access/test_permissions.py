"""May: roles in a customer and in its environments, what nobody can give away, and who asks besides people."""

import pytest

from deployments.models import Deployment
from deployments.rollouts import services as rollouts
from portal.accounts import services
from portal.accounts.models import Membership, Role
from portal.accounts.permissions import ROLE_CAN, Can, grantable, may, may_somewhere, person
from portal.core.caller import SYSTEM, Caller, Via
from portal.core.errors import Forbidden, Invalid
from portal.core.models import AuditEvent
from provisioning.environments import services as environments
from tests import factories


@pytest.fixture
def production(acme, alice, dev):
    return factories.EnvironmentFactory(
        customer=acme, account=dev.account, name="Production", slug="production", kind="production"
    )


@pytest.fixture
def dev(acme, alice):
    return factories.EnvironmentFactory(customer=acme)


def member(user) -> Membership:
    return user.memberships.get()


def in_environment(user, environment, role):
    user.memberships.update(environment_roles={str(environment.pk): role})
    return person(user)


def test_a_role_counts_in_every_environment(acme, bob, dev, production):
    asks = person(bob)

    assert [may(asks, Can.DEPLOY, acme, where) for where in (None, dev, production)] == [True, True, True]
    assert not may(asks, Can.MANAGE, acme, dev)


def test_another_role_in_an_environment_counts_there_alone(acme, bob, dev, production):
    asks = in_environment(bob, production, Role.VIEWER)

    assert [may(asks, Can.DEPLOY, acme, where) for where in (None, dev, production)] == [True, True, False]
    assert may(asks, Can.ASK, acme, production)  # tickets belong to no environment


def test_it_can_be_more_there_than_elsewhere(acme, dev, production):
    asks = in_environment(factories.member(acme, "viewer"), dev, Role.DEVELOPER)

    assert [may(asks, Can.DEPLOY, acme, where) for where in (None, dev, production)] == [False, True, False]
    assert may_somewhere(asks, Can.DEPLOY, acme)
    assert not may_somewhere(asks, Can.MANAGE, acme)


def test_a_stranger_may_nothing_and_the_portal_everything(acme, charlie, dev):
    asks = person(charlie)

    assert not any(may(asks, can, acme, dev) or may_somewhere(asks, can, acme) for can in Can)
    assert all(may(SYSTEM, can, acme, dev) and may(Caller("root", Via.COMMAND), can, acme) for can in Can)


def test_services_ask_themselves_whoever_calls_them(acme, bob, production):
    asks = in_environment(bob, production, Role.VIEWER)
    service = factories.ServiceFactory(customer=acme, account=production.account)
    release = factories.ReleaseFactory(service=service)

    with pytest.raises(Forbidden, match=r"^Your role in Production does not allow you to deploy, and change services"):
        rollouts.request_deployment(service, production, release, asks)
    with pytest.raises(Forbidden, match="does not allow you to manage environments"):
        environments.request_deletion(production, "Production", asks)
    assert not Deployment.objects.exists()


@pytest.mark.parametrize(
    ("role", "gives"),
    [
        ("owner", ["owner", "developer", "billing", "viewer"]),
        ("developer", ["developer", "viewer"]),
        ("viewer", ["viewer"]),
    ],
)
def test_nobody_gives_what_they_do_not_hold(acme, role, gives):
    assert grantable(person(factories.member(acme, role)), acme) == gives


def test_an_engineer_gives_what_engineers_hold(acme, erin):
    assert grantable(person(erin), acme) == [Role.DEVELOPER, Role.VIEWER]


@pytest.mark.parametrize("role", ["owner", "billing"])
def test_an_engineer_makes_nobody_owner(acme, alice, erin, bob, role):
    before = list(AuditEvent.objects.values_list("pk"))

    with pytest.raises(Forbidden, match=rf"^The role {role.capitalize()} can do more than yours"):
        services.invite(acme, "erik.private@mail.example", role, person(erin))
    with pytest.raises(Forbidden, match="can do more than yours"):
        services.change_role(member(bob), role, person(erin))
    assert list(AuditEvent.objects.values_list("pk")) == before


def test_an_engineer_takes_no_owner_down(acme, alice, erin):
    factories.member(acme, "owner")

    with pytest.raises(Forbidden):
        services.change_role(member(alice), "viewer", person(erin))
    with pytest.raises(Forbidden):
        services.remove(member(alice), person(erin))
    assert member(alice).role == "owner"


def test_pages_offer_no_change_of_a_role_that_can_do_more(browse, acme, alice, bob, erin):
    page = browse(erin).get("/c/acme/people/").content.decode()

    assert f"/people/{member(bob).pk}/role/" in page
    assert f"/people/{member(bob).pk}/remove/" in page
    assert f"/people/{member(alice).pk}/role/" not in page
    assert f"/people/{member(alice).pk}/remove/" not in page


def test_what_engineers_invite_is_mailed_and_shown_to_nobody(browse, acme, erin):
    page = browse(erin).post("/c/acme/people/invite/", {"email": "dave@acme.example", "role": "viewer"})

    assert page.status_code == 200
    assert "/invitations/" not in page.content.decode()
    assert "A mail with a link is on its way to" in page.content.decode()


def test_a_role_is_set_for_an_environment_and_taken_back(browse, acme, alice, bob, production):
    page = f"/c/acme/environments/production/people/{member(bob).pk}/"

    browse(alice).post(page, {"role": "viewer"})
    assert not may(person(type(bob).objects.get(pk=bob.pk)), Can.DEPLOY, acme, production)
    browse(alice).post(page, {"role": ""})
    assert may(person(type(bob).objects.get(pk=bob.pk)), Can.DEPLOY, acme, production)
    events = AuditEvent.objects.filter(action="membership.environment_role_changed").order_by("id")
    assert [(each.before["role"], each.after["role"], each.after["environment"]) for each in events] == [
        ("", "viewer", "Production"),
        ("viewer", "", "Production"),
    ]


def test_there_is_no_billing_in_an_environment(acme, alice, bob, production):
    with pytest.raises(Invalid, match="does not exist in environments"):
        services.set_environment_role(member(bob), production, "billing", person(alice))


def test_an_engineer_may_give_no_more_in_an_environment_than_they_can_do_there(acme, bob, erin, production):
    services.set_environment_role(member(bob), production, "owner", person(erin))

    assert may(person(bob), Can.MANAGE, acme, production)
    assert not may(person(bob), Can.BILLING, acme)


def test_pages_of_an_environment_offer_what_may_be_done_there(browse, acme, alice, bob, production):
    in_environment(bob, production, Role.OWNER)

    assert "environments/production/delete/" in browse(bob).get("/c/acme/environments/production/").content.decode()
    assert browse(bob).get("/c/acme/environments/production/people/").status_code == 403
    assert browse(alice).get("/c/acme/environments/production/people/").status_code == 200


def test_the_deploy_page_lists_where_one_may_deploy(browse, acme, bob, dev, production):
    in_environment(bob, production, Role.VIEWER)
    service = factories.ServiceFactory(customer=acme, account=dev.account, name="api")
    placement = factories.PlacementFactory(service=service, environment=dev)
    factories.DeploymentFactory(placement=placement, release__service=service)

    page = browse(bob).get("/c/acme/services/api/deploy/").content.decode()

    assert 'value="dev"' in page
    assert 'value="production"' not in page


class TestLookingAsACustomer:
    def test_pages_are_those_of_the_role_and_nothing_can_be_changed(self, browse, acme, alice, erin):
        staff = browse(erin)
        staff.post("/c/acme/look-as/", {"role": "viewer"})

        page = staff.get("/c/acme/people/").content.decode()
        assert "You see Acme as its viewer does" in page
        assert "people/invite/" not in page
        assert staff.get("/c/acme/people/invite/").status_code == 403
        refused = staff.post("/c/acme/services/new/", {})
        assert (refused.status_code, "nothing can be changed" in refused.content.decode()) == (403, True)
        assert AuditEvent.objects.get(action="customer.looked_at_as").after == {"role": "viewer"}

    def test_it_shows_no_more_than_staff_may_see(self, browse, acme, erin):
        staff = browse(erin)
        staff.post("/c/acme/look-as/", {"role": "owner"})

        assert staff.get("/c/acme/billing/").status_code == 403

    def test_it_ends(self, browse, acme, erin):
        staff = browse(erin)
        staff.post("/c/acme/look-as/", {"role": "viewer"})
        staff.post("/c/acme/look-as/", {})

        assert "people/invite/" in staff.get("/c/acme/people/").content.decode()

    def test_it_is_for_one_customer(self, browse, acme, charlie, erin):
        staff = browse(erin)
        staff.post("/c/acme/look-as/", {"role": "viewer"})

        assert "people/invite/" in staff.get("/c/other/people/").content.decode()

    def test_customers_know_no_such_thing(self, browse, acme, alice):
        assert browse(alice).post("/c/acme/look-as/", {"role": "viewer"}).status_code == 404


def test_every_role_looks(acme):
    assert all(Can.VIEW in can for can in ROLE_CAN.values())
