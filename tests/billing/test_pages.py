from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing import services
from billing.models import Invoice, Subscription, VatRuling
from tests.billing.conftest import OCTOBER, invoiced, subscribed
from tests.factories import ApplicationFactory, CustomerFactory, UserFactory, member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]

MONTH = "/staff/finance/?month=2026-10"


@pytest.fixture
def finance(browse, fred):
    return browse(fred)


def queries(client, url) -> int:
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def html(response) -> str:
    return " ".join(response.content.decode().split())


# Customers ---------------------------------------------------------------------------------------------------------


def test_a_customer_sees_plan_applications_invoices_and_the_next_invoice(browse, alice, issued):
    page = html(browse(alice).get("/c/acme/billing/"))

    assert "Basic Support" in page
    assert "Applications billed" in page
    assert "2026-000001" in page
    assert "€ 302.50" in page
    assert "November 2026" in page  # the next one


def test_a_customer_without_subscriptions_reads_what_the_plan_offers(browse, alice):
    page = html(browse(alice).get("/c/acme/billing/"))

    assert "Operating system security updates" in page
    assert "No application is billed" in page
    assert "No invoice is expected" in page


def test_an_invoice_shows_lines_totals_and_how_to_pay(browse, alice, issued):
    page = html(browse(alice).get(f"/c/acme/billing/invoices/{issued.pk}/"))

    for text in ("Invoice 2026-000001", "€ 250.00", "€ 52.50", "€ 302.50", "+++202/6000/00192+++", "2 December 2026"):
        assert text in page


def test_the_pdf_downloads_under_the_invoices_number(browse, alice, issued):
    answer = browse(alice).get(f"/c/acme/billing/invoices/{issued.pk}/pdf/")

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="2026-000001.pdf"'
    assert answer.content.startswith(b"%PDF")
    assert bytes(Invoice.objects.get().pdf) == answer.content


@pytest.mark.parametrize("path", ["", "pdf/"])
def test_other_customers_invoices_do_not_exist(browse, charlie, issued, path):
    stranger = browse(charlie)

    assert stranger.get(f"/c/acme/billing/invoices/{issued.pk}/{path}").status_code == 404
    assert stranger.get(f"/c/other/billing/invoices/{issued.pk}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "pdf/"])
def test_a_draft_does_not_exist_for_customers(browse, alice, acme, path):
    subscribed(acme)
    services.make_drafts(OCTOBER)
    draft = Invoice.objects.get()
    customer = browse(alice)

    assert customer.get(f"/c/acme/billing/invoices/{draft.pk}/{path}").status_code == 404
    assert "No invoices yet" in html(customer.get("/c/acme/billing/"))


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("billing", 200), ("developer", 403), ("viewer", 403)])
def test_only_owners_and_billing_see_money(browse, acme, issued, role, status):
    client = browse(member(acme, role))

    assert client.get("/c/acme/billing/").status_code == status
    assert client.get(f"/c/acme/billing/invoices/{issued.pk}/").status_code == status
    assert client.get(f"/c/acme/billing/invoices/{issued.pk}/pdf/").status_code == status


# Finance -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "invoices/", "customers/"])
@pytest.mark.parametrize(("role", "status"), [("finance", 200), ("admin", 200), ("engineer", 403), ("", 404)])
def test_finances_pages_are_for_finance(browse, role, status, path):
    assert browse(UserFactory(staff_role=role)).get(f"/staff/finance/{path}").status_code == status


def test_finance_bills_a_month_from_preview_to_numbers(finance, acme):
    subscribed(acme, 3)
    preview = html(finance.get(MONTH))
    assert "Make the drafts" in preview
    assert "€ 907.50" in preview

    finance.post("/staff/finance/drafts/", {"month": "2026-10"})
    assert "Issue 1 invoice" in html(finance.get(MONTH))
    finance.post("/staff/finance/issue/", {"month": "2026-10", "count": 1, "gross": "907.50"})

    invoice = Invoice.objects.get()
    assert (invoice.number, invoice.gross, invoice.issued_by.name) == ("2026-000001", Decimal("907.50"), "Fred")
    assert "2026-000001" in html(finance.get(MONTH))


def test_the_month_is_the_last_one_unless_the_url_says_another(finance):
    assert "<h1" in html(finance.get("/staff/finance/"))
    assert "October 2026" in html(finance.get("/staff/finance/"))
    assert "August 2026" in html(finance.get("/staff/finance/?month=2026-08"))
    assert "October 2026" in html(finance.get("/staff/finance/?month=nonsense"))


def test_drafts_that_changed_since_they_were_looked_at_are_not_issued(finance, acme):
    subscribed(acme)
    services.make_drafts(OCTOBER)

    answer = finance.post("/staff/finance/issue/", {"month": "2026-10", "count": 1, "gross": "100.00"})

    assert answer.status_code == 422
    assert "The drafts have changed since you looked" in html(answer)
    assert Invoice.objects.get().is_draft


@pytest.mark.parametrize("path", ["drafts", "issue"])
def test_nothing_is_done_for_a_month_that_cannot_be_read(finance, acme, path):
    subscribed(acme)

    answer = finance.post(f"/staff/finance/{path}/", {"month": "October", "count": 0, "gross": "0.00"})

    assert answer.status_code == 422
    assert "Write the month as 2026-10." in html(answer)
    assert not Invoice.objects.exists()


def test_a_month_that_is_not_over_cannot_be_issued(finance, acme):
    subscribed(acme)
    finance.post("/staff/finance/drafts/", {"month": "2026-11"})

    page = html(finance.get("/staff/finance/?month=2026-11"))

    assert "November 2026 is billed when it is over." in page
    assert "Issue 1 invoice" not in page


def test_who_could_not_be_issued_is_named_and_the_others_are_issued(finance, acme):
    unprintable = CustomerFactory(name="Tokyo", legal_name="東京")
    subscribed(acme)
    subscribed(unprintable)
    services.make_drafts(OCTOBER)

    answer = finance.post("/staff/finance/issue/", {"month": "2026-10", "count": 2, "gross": "605.00"})

    assert answer.status_code == 422
    assert "<strong>Tokyo</strong>: The invoice cannot be printed" in html(answer)
    assert Invoice.objects.issued().get().customer == acme


def test_a_blocked_customer_shows_the_reason_and_the_way_out(finance):
    subscribed(CustomerFactory(name="Paris", slug="paris", country="FR", vat_number=""))
    page = html(finance.get(MONTH))
    assert "The customer has no VAT number of FR" in page
    assert "/c/paris/company/" in page

    finance.post("/staff/finance/customers/paris/vat/", {"month": "2026-10", "category": "S"})

    assert VatRuling.objects.get().decided_by.name == "Fred"
    assert "Blocked customers" not in html(finance.get(MONTH))


def test_a_decision_where_there_is_nothing_to_decide_is_refused(finance, acme):
    answer = finance.post("/staff/finance/customers/acme/vat/", {"month": "2026-10", "category": "O"})

    assert answer.status_code == 422
    assert not VatRuling.objects.exists()


def test_applications_without_a_subscription_are_shown_and_can_be_billed(finance, acme):
    application = ApplicationFactory(customer=acme, name="Web shop")
    assert "1 application</a> without a subscription" in html(finance.get(MONTH))
    assert "Web shop, billed from" in html(finance.get("/staff/finance/customers/?unbilled=1"))

    finance.post("/staff/finance/subscribe/", {"application": application.pk, "starts_on": "2026-11-01"})

    assert Subscription.objects.get(application=application).starts_on == date(2026, 11, 1)
    assert "Web shop, billed from" not in html(finance.get("/staff/finance/customers/?unbilled=1"))


def test_a_start_in_a_month_that_is_invoiced_is_refused_on_the_page(finance, issued, acme):
    application = ApplicationFactory(customer=acme)

    answer = finance.post("/staff/finance/subscribe/", {"application": application.pk, "starts_on": "2026-10-31"})

    assert answer.status_code == 422
    assert "October 2026 is already invoiced to Acme" in html(answer)


def test_a_start_centuries_away_is_refused_on_the_page(finance, acme):
    application = ApplicationFactory(customer=acme)

    answer = finance.post("/staff/finance/subscribe/", {"application": application.pk, "starts_on": "0001-01-01"})

    assert answer.status_code == 422
    assert "Let the application start between 1 November 2021 and 30 November 2027." in html(answer)
    assert not Subscription.objects.exists()


def test_the_list_of_invoices_is_filtered_by_the_url(finance, issued):
    other = CustomerFactory(name="Brewery")
    subscribed(other)
    services.make_drafts(OCTOBER)

    def shown(query: str) -> tuple[bool, bool]:
        page = html(finance.get(f"/staff/finance/invoices/?{query}"))
        return 'data-label="Customer">Acme</td>' in page, 'data-label="Customer">Brewery</td>' in page

    assert shown("") == (True, True)
    assert shown("state=draft") == (False, True)
    assert shown("customer=acm") == (True, False)
    assert shown("month=2026-09") == (False, False)


def test_finance_reads_drafts_and_invoices(finance, issued):
    other = CustomerFactory(name="Brewery")
    subscribed(other)
    services.make_drafts(OCTOBER)
    draft = Invoice.objects.get(customer=other)

    assert "A draft has no number" in html(finance.get(f"/staff/finance/invoices/{draft.pk}/"))
    assert "+++202/6000/00192+++" in html(finance.get(f"/staff/finance/invoices/{issued.pk}/"))
    assert finance.get(f"/staff/finance/invoices/{issued.pk}/pdf/").content.startswith(b"%PDF")
    assert finance.get(f"/staff/finance/invoices/{draft.pk}/pdf/").status_code == 404


def test_the_page_of_a_draft_says_when_it_cannot_be_issued(finance, acme):
    subscribed(acme)
    services.make_drafts(OCTOBER)
    draft = Invoice.objects.get()
    subscribed(acme)

    assert "Make the month&#x27;s drafts again" in html(finance.get(f"/staff/finance/invoices/{draft.pk}/"))


@pytest.mark.parametrize("path", ["", "?month=2026-10", "invoices/", "customers/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(finance, acme, path):
    url = f"/staff/finance/{path}"
    subscribed(acme)
    services.make_drafts(OCTOBER)
    few = queries(finance, url)

    for _ in range(10):
        customer = CustomerFactory()
        subscribed(customer, 2)
        ApplicationFactory(customer=customer)
    services.make_drafts(OCTOBER)

    assert queries(finance, url) == few <= 10


def test_the_customers_page_asks_the_database_the_same_whatever_it_shows(browse, alice, acme):
    url = "/c/acme/billing/"
    subscribed(acme)
    invoiced(acme)
    few = queries(browse(alice), url)
    subscribed(acme, 5, starts_on=date(2026, 11, 1))
    invoiced(acme, OCTOBER.next(), date(2026, 12, 1))

    assert queries(browse(alice), url) == few <= 10
