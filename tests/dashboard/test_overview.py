"""What people land on: what needs them now, where everything runs, or the first steps."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from deployments import states
from deployments.availability.endings import bad_endings
from portal.core.sentences import said
from provisioning import states as environment_states
from tests import factories
from tests.billing.conftest import invoiced

pytestmark = pytest.mark.django_db


def overview(browse, user) -> str:
    return browse(user).get("/c/acme/").content.decode()


@pytest.fixture
def rolled_back(acme):
    return factories.DeploymentFactory(
        placement__service__customer=acme,
        placement__service__name="shop",
        release__tag="v3",
        state=states.ROLLED_BACK,
        reason=said("v3 was rolled back. Its health path /health answers 500."),
        finished_at=timezone.now(),
    )


class TestWhatNeedsTheCustomer:
    def test_a_rollout_that_ended_badly_is_shown_with_its_reason_and_its_page(self, browse, alice, rolled_back):
        page = overview(browse, alice)

        assert "shop v3 did not reach Development." in page
        assert str(rolled_back.reason) in page
        assert f"/c/acme/deployments/{rolled_back.pk}/" in page

    def test_a_later_success_in_the_same_place_makes_it_good(self, acme, rolled_back):
        factories.DeploymentFactory(placement=rolled_back.placement, release__service=rolled_back.service)

        assert bad_endings(acme) == []

    def test_a_rollout_of_last_week_is_no_news(self, acme, rolled_back):
        rolled_back.finished_at -= timedelta(days=8)
        rolled_back.save()

        assert bad_endings(acme) == []

    def test_others_rollouts_are_not_shown(self, rolled_back, charlie):
        assert bad_endings(charlie.own_memberships[0].customer) == []

    def test_a_plan_that_waits_for_approval_is_shown(self, browse, alice, acme):
        factories.EnvironmentFactory(customer=acme, name="QA", slug="qa", state=environment_states.PLANNED)

        assert "The plan of QA waits for your approval." in overview(browse, alice)

    def test_a_ticket_that_waits_for_the_customer_is_shown(self, browse, alice, acme):
        factories.TicketFactory(customer=acme, subject="Slow shop", state="waiting")

        assert "Ticket “Slow shop” waits for your answer." in overview(browse, alice)

    def test_a_ticket_that_waits_for_in4it_does_not_need_the_customer(self, browse, alice, acme):
        factories.TicketFactory(customer=acme, subject="Slow shop", state="open")

        assert "waits for your answer" not in overview(browse, alice)

    def test_an_overdue_invoice_is_shown_to_those_who_see_invoices_only(self, browse, alice, bob, acme, time_machine):
        factories.SubscriptionFactory(application__customer=acme, starts_on=date(2026, 10, 1))
        invoice = invoiced(acme)
        time_machine.move_to(date(2027, 1, 4))

        assert f"Invoice {invoice.number} is overdue." in overview(browse, alice)
        assert invoice.number not in overview(browse, bob)


class TestFirstSteps:
    def test_a_new_customer_sees_what_is_done_and_what_comes_next(self, browse, alice):
        page = overview(browse, alice)

        assert "Getting started" in page
        assert "Connect your AWS account" in page
        assert "Your environments live in your own account." in page

    def test_the_list_goes_when_something_is_deployed(self, browse, alice, acme):
        service = factories.ServiceFactory(customer=acme, name="api")
        factories.PlacementFactory(service=service, release=factories.ReleaseFactory(service=service))

        assert "Getting started" not in overview(browse, alice)


class TestWhereEverybodyLands:
    def test_a_member_lands_on_the_overview(self, browse, alice):
        assert browse(alice).get("/").url == "/c/acme/"

    def test_an_engineer_lands_in_the_cockpit(self, browse, erin):
        assert browse(erin).get("/").url == "/staff/cockpit/"

    def test_finance_lands_on_the_month(self, browse, fred):
        assert browse(fred).get("/").url == "/staff/finance/"

    def test_somebody_without_a_customer_is_told_how_to_get_in(self, browse):
        page = browse(factories.UserFactory()).get("/").content.decode()

        assert "You are not a member of any customer" in page


class TestMenu:
    def test_account_pages_keep_the_menu_of_people_with_one_customer(self, browse, alice):
        assert 'href="/c/acme/services/"' in browse(alice).get("/account/2fa/").content.decode()

    def test_people_with_several_customers_choose(self, browse, alice):
        factories.MembershipFactory(user=alice, customer=factories.CustomerFactory(slug="other"), role="viewer")
        page = browse(alice).get("/account/2fa/").content.decode()

        assert 'href="/c/acme/services/"' not in page
        assert 'href="/c/other/"' in page

    def test_a_role_sees_only_what_it_can_open(self, browse, bob):
        page = overview(browse, bob)

        assert 'href="/c/acme/deployments/"' in page
        assert 'href="/c/acme/billing/"' not in page
        assert 'href="/c/acme/audit/"' not in page

    def test_staff_are_told_that_their_look_is_written_down(self, browse, erin, acme):
        assert "You look at Acme as in4it engineer." in overview(browse, erin)


def test_of_very_many_environments_those_that_matter_are_shown(acme, alice, browse):
    account = factories.AwsAccountFactory(customer=acme)
    for n in range(20):
        factories.EnvironmentFactory(customer=acme, account=account, name=f"Test {n:02}", slug=f"test-{n}")
    factories.EnvironmentFactory(customer=acme, account=account, name="Live", slug="live", kind="production")
    factories.EnvironmentFactory(customer=acme, account=account, name="Planned", slug="planned", state="planned")

    shown = [each.name for each in browse(alice).get("/c/acme/").context["environments"]]

    assert shown == ["Test 00", "Test 01", "Test 02", "Test 03", "Planned", "Live"]
