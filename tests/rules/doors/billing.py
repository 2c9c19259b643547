"""What is refused about subscriptions, VAT and months."""

from datetime import date, timedelta

from django.utils import timezone

from billing import services
from billing.forms import SubscribeForm
from billing.rules.terms import Month
from tests import factories
from tests.rules.table import Door

TODAY = timezone.localdate()
LAST_MONTH = Month.of(TODAY).previous()


def _applications():
    """Of one customer: one that is not billed, and one that is; last month is invoiced."""
    customer = factories.CustomerFactory()
    fresh, billed = (factories.ApplicationFactory(customer=customer) for _ in range(2))
    factories.SubscriptionFactory(application=billed, starts_on=LAST_MONTH.first_day)
    services.make_drafts(LAST_MONTH)
    services.issue_all(LAST_MONTH, None, TODAY)
    return {"fresh": fresh, "billed": billed, "none": None}


def _subscribe_form(world, values):
    application = world[values["application"]]
    return SubscribeForm({"application": application and application.pk, "starts_on": values["starts_on"]})


DOORS = [
    Door(
        name="billing.subscribe",
        world=_applications,
        form=_subscribe_form,
        service=lambda world, values: services.subscribe(world[values["application"]], values["starts_on"]),
        good={"application": "fresh", "starts_on": TODAY},
        bad=(
            {"application": "none"},
            {"application": "billed"},
            {"application": "none", "starts_on": None},
            {"application": "billed", "starts_on": LAST_MONTH.last_day},
            {"starts_on": None},
            {"starts_on": ""},
            {"starts_on": "soon"},
            {"starts_on": LAST_MONTH.last_day},
            {"starts_on": date.min},
            {"starts_on": date.max},
            {"starts_on": TODAY - timedelta(days=6 * 366)},
            {"starts_on": TODAY + timedelta(days=2 * 366)},
        ),
    ),
]
