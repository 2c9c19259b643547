"""What is refused about subscriptions, VAT and months."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from billing import services
from billing.forms import DraftsForm, DraftsSeenForm, SubscribeForm, VatRulingForm
from billing.rules.runs import Seen
from billing.rules.terms import Month, latest
from portal.core.caller import SYSTEM
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
    services.issue_all(LAST_MONTH, SYSTEM, TODAY)
    return {"fresh": fresh, "billed": billed, "none": None}


def _subscribe_form(world, values):
    application = world[values["application"]]
    return SubscribeForm({"application": application and application.pk, "starts_on": values["starts_on"]})


def _customers():
    """One whose VAT finance has to decide (only Belgian VAT fits), and one whose VAT the rules decide."""
    return {
        "french": factories.CustomerFactory(country="FR", vat_number=""),
        "belgian": factories.CustomerFactory(),
    }


def _drafts():
    factories.SubscriptionFactory(starts_on=LAST_MONTH.first_day)
    services.make_drafts(LAST_MONTH)


DOORS = [
    Door(
        name="billing.subscribe",
        world=_applications,
        form=_subscribe_form,
        service=lambda world, values: services.subscribe(world[values["application"]], values["starts_on"]),
        good={"application": "fresh", "starts_on": TODAY},
        chosen=frozenset({"application"}),
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
    Door(
        name="billing.rule_vat",
        world=_customers,
        form=lambda world, values: VatRulingForm({"category": values["category"]}, customer=world[values["customer"]]),
        service=lambda world, values: services.rule_vat(world[values["customer"]], values["category"]),
        good={"customer": "french", "category": "S"},
        chosen=frozenset({"customer"}),
        bad=(
            {"category": ""},
            {"category": "O"},
            {"category": "AE"},
            {"category": "nonsense"},
            {"customer": "belgian"},
            {"customer": "belgian", "category": "AE"},
        ),
    ),
    Door(
        name="billing.make_drafts",
        world=factories.SubscriptionFactory,
        form=lambda _, values: DraftsForm({"month": values["month"].value}),
        service=lambda _, values: services.make_drafts(values["month"]),
        good={"month": latest(TODAY)},
        bad=({"month": latest(TODAY + timedelta(days=62))}, {"month": Month(2999, 12)}),
    ),
    Door(
        name="billing.issue_all",
        world=_drafts,
        form=lambda _, values: DraftsSeenForm({"month": LAST_MONTH.value, **values}),
        service=lambda _, values: services.issue_all(LAST_MONTH, SYSTEM, TODAY, Seen(values["count"], values["gross"])),
        good={"count": 1, "gross": Decimal("302.50")},
        bad=({"count": 0}, {"count": 2}, {"count": None}, {"gross": Decimal("302.49")}, {"gross": None}),
    ),
]
