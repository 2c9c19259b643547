from datetime import date
from decimal import Decimal

import pytest

from billing import bills, services
from billing.models import Charge, Invoice, Plan
from billing.rules.terms import Month
from billing.rules.vat import Category
from portal.core.caller import SYSTEM
from portal.core.errors import UserError
from portal.core.models import AuditEvent
from tests.billing.conftest import NOVEMBER_2, OCTOBER, invoiced, subscribed
from tests.callers import by
from tests.factories import ApplicationFactory, CustomerFactory, PlanFactory, SubscriptionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]


def amounts(invoice):
    return invoice.net, invoice.vat, invoice.gross


@pytest.mark.parametrize(
    ("applications", "expected"),
    [
        (1, ("250.00", "52.50", "302.50")),
        (3, ("750.00", "157.50", "907.50")),
        (7, ("1750.00", "367.50", "2117.50")),
    ],
)
def test_a_belgian_customer_pays_the_plan_per_application_and_21_percent(acme, applications, expected):
    subscribed(acme, applications)

    invoice = invoiced(acme)

    assert amounts(invoice) == tuple(map(Decimal, expected))
    assert (invoice.category, invoice.rate, invoice.vat_note) == ("S", Decimal(21), "")


def test_vat_is_computed_over_the_invoice_and_not_per_line(acme):
    plan = PlanFactory(code="odd", price="10.07")
    for _ in range(3):
        SubscriptionFactory(application=ApplicationFactory(customer=acme), plan=plan, starts_on=OCTOBER.first_day)

    assert amounts(invoiced(acme)) == (Decimal("30.21"), Decimal("6.34"), Decimal("36.55"))


def test_a_dutch_business_gets_the_reverse_charge_and_its_text():
    customer = CustomerFactory(country="NL", vat_number="NL004495445B01")
    subscribed(customer, 2)

    invoice = invoiced(customer)

    assert amounts(invoice) == (Decimal("500.00"), Decimal("0.00"), Decimal("500.00"))
    assert invoice.category == "AE"
    assert invoice.vat_note.startswith("Reverse charge / Btw verlegd")
    assert invoice.buyer["vat_number"] == "NL004495445B01"
    assert invoice.buyer["address"][-1] == "Netherlands"


def test_an_issued_invoice_freezes_number_dates_communication_and_both_parties(issued, acme, settings):
    settings.SELLER = {**settings.SELLER, "name": "Another BV"}
    acme.legal_name = "Acme Renamed NV"
    acme.save()

    issued.refresh_from_db()

    assert (issued.number, issued.issued_on, issued.due_on) == ("2026-000001", NOVEMBER_2, date(2026, 12, 2))
    assert issued.structured_communication == "202600000192"
    assert issued.seller["name"] == "in4it"
    assert issued.buyer["name"] == "Acme NV"


def test_the_preview_writes_nothing(acme):
    subscribed(acme, 3)

    preview = bills.preview(OCTOBER)

    assert (preview.net, preview.vat, preview.gross) == (Decimal("750.00"), Decimal("157.50"), Decimal("907.50"))
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "billed"),
    [
        (date(2026, 10, 31), None, True),
        (date(2026, 11, 1), None, False),
        (date(2026, 1, 1), date(2026, 10, 1), True),
        (date(2026, 1, 1), date(2026, 9, 30), False),
    ],
)
def test_a_started_month_is_billed_and_no_other(acme, starts_on, ends_on, billed):
    SubscriptionFactory(application=ApplicationFactory(customer=acme), starts_on=starts_on, ends_on=ends_on)

    assert bool(bills.preview(OCTOBER).bills) is billed


def test_making_the_drafts_again_changes_nothing(acme):
    subscribed(acme, 2)
    services.make_drafts(OCTOBER)
    before = (list(Invoice.objects.values()), list(Charge.objects.values()), AuditEvent.objects.count())

    services.make_drafts(OCTOBER)

    assert (list(Invoice.objects.values()), list(Charge.objects.values()), AuditEvent.objects.count()) == before


def test_an_application_that_comes_later_joins_the_draft(acme):
    subscribed(acme)
    services.make_drafts(OCTOBER)
    subscribed(acme)

    services.make_drafts(OCTOBER)

    assert Invoice.objects.get().net == Decimal("500.00")
    assert Charge.objects.count() == 2


def test_a_draft_with_nothing_left_to_bill_is_removed(acme):
    (subscription,) = subscribed(acme)
    services.make_drafts(OCTOBER)
    subscription.ends_on = date(2026, 9, 30)
    subscription.save()

    services.make_drafts(OCTOBER)

    assert not Invoice.objects.exists()


def test_an_issued_invoice_is_left_alone_by_later_runs(issued, acme):
    Plan.objects.update(price="300.00")

    services.make_drafts(OCTOBER)

    assert Invoice.objects.get().net == Decimal("250.00")


def test_a_blocked_customer_is_named_with_the_reason_and_the_others_are_billed(acme):
    french = CustomerFactory(name="Zoë", country="FR", vat_number="")
    subscribed(acme)
    subscribed(french)

    result = services.make_drafts(OCTOBER)

    assert [invoice.customer for invoice in result.invoices] == [acme]
    (blocked,) = result.blocked
    assert blocked.customer == french
    assert blocked.reason.startswith("The customer has no VAT number of FR")
    assert blocked.choices == (Category.STANDARD,)


def test_finance_decides_to_charge_belgian_vat_to_a_blocked_customer(fred):
    french = CustomerFactory(country="FR", vat_number="")
    subscribed(french)

    services.rule_vat(french, Category.STANDARD, by(fred))

    assert amounts(invoiced(french)) == (Decimal("250.00"), Decimal("52.50"), Decimal("302.50"))


def test_there_is_nothing_to_decide_about_a_customer_whom_the_rules_fit(acme, fred):
    with pytest.raises(UserError, match="there is nothing to decide"):
        services.rule_vat(acme, Category.OUTSIDE_SCOPE, by(fred))


def test_a_customer_without_an_address_is_blocked():
    customer = CustomerFactory(street="", city="")
    subscribed(customer)

    (blocked,) = bills.preview(OCTOBER).blocked

    assert "no street and no city" in blocked.reason
    assert blocked.choices == ()


def test_one_customer_that_fails_does_not_stop_the_others(acme):
    chinese = CustomerFactory(name="Aardvark", legal_name="北京公司")
    subscribed(chinese)
    subscribed(acme)
    services.make_drafts(OCTOBER)

    result = services.issue_all(OCTOBER, SYSTEM, NOVEMBER_2)

    assert [(invoice.customer, invoice.number) for invoice in result.invoices] == [(acme, "2026-000001")]
    (failure,) = result.failed
    assert failure.customer == chinese
    assert "its font lacks the character" in failure.reason


def test_an_application_is_billed_from_its_subscription_on(acme, fred):
    application = ApplicationFactory(customer=acme)

    subscription = services.subscribe(application, date(2026, 10, 16), by(fred))

    assert (subscription.plan.name, subscription.plan.price) == ("Basic Support", Decimal("250.00"))
    assert [bill.customer for bill in bills.preview(OCTOBER).bills] == [acme]
    assert AuditEvent.objects.get(action="subscription.started").actor == fred


def test_an_application_is_not_billed_twice(acme):
    (subscription,) = subscribed(acme)

    with pytest.raises(UserError, match="is billed already"):
        services.subscribe(subscription.application, date(2026, 11, 1))


def test_a_month_that_is_invoiced_takes_no_new_application(issued, acme):
    application = ApplicationFactory(customer=acme)

    with pytest.raises(UserError, match=r"October 2026 is already invoiced to Acme. .* on 1 November 2026 or later"):
        services.subscribe(application, date(2026, 10, 31))

    assert services.subscribe(application, date(2026, 11, 1)).pk


def test_the_plan_says_what_it_includes_and_excludes():
    plan = services.ensure_plan()

    assert services.ensure_plan() == plan
    assert "Operating system security updates" in plan.included
    assert "AWS services" in plan.excluded[0]


def test_months_are_invoiced_apart(acme):
    subscribed(acme)

    first = invoiced(acme, Month(2026, 9), date(2026, 10, 1))
    second = invoiced(acme, OCTOBER, NOVEMBER_2)

    assert [first.number, second.number] == ["2026-000001", "2026-000002"]
