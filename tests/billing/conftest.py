from datetime import date

import pytest

from billing import services
from billing.models import Invoice, Subscription
from billing.rules.terms import Month
from portal.accounts.models import Customer
from portal.core.caller import SYSTEM
from tests.factories import ApplicationFactory, SubscriptionFactory

OCTOBER = Month(2026, 10)
NOVEMBER_2 = date(2026, 11, 2)


def subscribed(customer: Customer, applications: int = 1, starts_on: date = date(2026, 1, 1)) -> list[Subscription]:
    """Applications of the customer under Basic Support."""
    return [
        SubscriptionFactory(application=ApplicationFactory(customer=customer), starts_on=starts_on)
        for _ in range(applications)
    ]


def invoiced(customer: Customer, month: Month = OCTOBER, today: date = NOVEMBER_2) -> Invoice:
    """The customer's invoice for the month, issued."""
    services.make_drafts(month)
    return services.issue(Invoice.objects.get(customer=customer, period=month.first_day), SYSTEM, today)


@pytest.fixture
def november(time_machine):
    """It is the second of November 2026, when October is over."""
    time_machine.move_to("2026-11-02 09:00:00+01:00", tick=False)


@pytest.fixture
def issued(acme: Customer) -> Invoice:
    """Acme's invoice for October 2026: one application, issued on 2 November."""
    subscribed(acme)
    return invoiced(acme)
