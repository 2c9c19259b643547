"""Reading the audit log."""

from datetime import datetime

import pytest
from django.utils import timezone

from portal.accounts.changes import Change, entry
from portal.core import audit
from portal.core.models import AuditEvent
from tests.callers import by


def event(customer, actor, action, *, on="2026-03-10", **values):
    """An event of a day at noon."""
    noon = timezone.make_aware(datetime.fromisoformat(f"{on}T12:00"))
    return AuditEvent.objects.create(
        at=noon,
        actor=actor,
        actor_name=str(actor),
        customer=customer,
        action=action,
        target_name=str(customer),
        **values,
    )


def actions(response) -> list[str]:
    return [entry.event.action for entry in response.context["entries"]]


@pytest.fixture
def log(acme, alice, bob):
    event(acme, alice, "membership.role_changed", on="2026-03-09")
    event(acme, bob, "deployment.queued", on="2026-03-10")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("", ["deployment.queued", "membership.role_changed"]),
        ("who=ali", ["membership.role_changed"]),
        ("what=role changed", ["membership.role_changed"]),
        ("what=acme", ["deployment.queued", "membership.role_changed"]),
        ("since=2026-03-10", ["deployment.queued"]),
        ("until=2026-03-09", ["membership.role_changed"]),
        ("who=bob&what=role", []),
        ("since=yesterday", ["deployment.queued", "membership.role_changed"]),
    ],
)
def test_filters_are_in_the_address(browse, log, alice, filters, found):
    assert actions(browse(alice).get(f"/c/acme/audit/?{filters}")) == found


def test_a_customer_sees_only_its_own_events(browse, log, alice, charlie):
    event(charlie.memberships.get().customer, charlie, "customer.changed")

    assert "customer.changed" not in actions(browse(alice).get("/c/acme/audit/"))


def test_engineers_see_the_events_of_all_customers(browse, log, charlie, erin):
    event(charlie.memberships.get().customer, charlie, "customer.changed")

    response = browse(erin).get("/staff/audit/")

    assert set(actions(response)) == {"customer.changed", "deployment.queued", "membership.role_changed"}
    assert "Other" in response.content.decode()


def test_an_engineer_who_looks_at_a_customer_is_written_down_once(browse, acme, alice, erin):
    pages = browse(erin)
    pages.get("/c/acme/people/")
    pages.get("/c/acme/people/")

    assert actions(browse(alice).get("/c/acme/audit/")) == ["customer.looked_at_by_staff"]


def test_before_and_after_are_shown_in_words(acme, alice):
    shown = entry(
        event(
            acme,
            alice,
            "membership.role_changed",
            before={"role": "owner", "is_business": True, "same": 1},
            after={"role": "viewer", "is_business": False, "same": 1, "variables": {"A": "b"}},
        )
    )

    assert shown.words == "Membership: role changed"
    assert shown.changes == (
        Change("Role", "owner", "viewer"),
        Change("Is business", "yes", "no"),
        Change("Variables", "–", '{"A": "b"}'),
    )


def test_states_and_lists_are_said_in_words_and_what_stays_empty_is_left_out(acme, alice):
    shown = entry(
        event(
            acme,
            alice,
            "deployment.rolled_back",
            before={"state": "rolling_back", "reason": ""},
            after={"state": "rolled_back", "reason": None, "keys": ["Added a", "Changed b"]},
        )
    )

    assert shown.changes == (
        Change("State", "Rolling back", "Rolled back"),
        Change("Keys", "–", "Added a, Changed b"),
    )


def test_pages_of_fifty_in_few_queries(browse, acme, alice, django_assert_max_num_queries):
    for _ in range(51):
        audit.record("customer.changed", acme, caller=by(alice), customer=acme)
    pages = browse(alice)

    with django_assert_max_num_queries(8):
        first = pages.get("/c/acme/audit/")

    assert len(first.context["entries"]) == 50
    assert len(pages.get("/c/acme/audit/?page=2").context["entries"]) == 1
