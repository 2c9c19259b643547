from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pypdf import PdfReader

from billing import documents, jobs, services
from billing.models import Invoice, NumberSeries, Plan
from billing.rules.terms import Month
from portal.core import outbox
from portal.core.caller import SYSTEM
from portal.core.errors import IllegalMove, UserError
from portal.core.models import Outgoing
from tests.billing.conftest import NOVEMBER_2, OCTOBER, invoiced, subscribed
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def draft_of(customer, month=OCTOBER):
    services.make_drafts(month)
    return Invoice.objects.get(customer=customer, period=month.first_day)


def text_of(pdf: bytes) -> str:
    return " ".join(PdfReader(BytesIO(pdf)).pages[0].extract_text().split())


def test_numbers_follow_each_other_without_a_gap_by_customer_name():
    customers = [CustomerFactory(name=name) for name in ("Beta", "Alpha", "Gamma")]
    for customer in customers:
        subscribed(customer)
    services.make_drafts(OCTOBER)

    services.issue_all(OCTOBER, SYSTEM, NOVEMBER_2)

    numbers = Invoice.objects.order_by("number").values_list("customer__name", "number")
    assert list(numbers) == [("Alpha", "2026-000001"), ("Beta", "2026-000002"), ("Gamma", "2026-000003")]


def test_each_year_has_its_own_series(acme):
    subscribed(acme)

    december = invoiced(acme, Month(2026, 11), date(2026, 12, 31))
    january = invoiced(acme, Month(2026, 12), date(2027, 1, 31))

    assert [december.number, january.number] == ["2026-000001", "2027-000001"]
    assert january.structured_communication.startswith("2027000001")
    assert january.due_on == date(2027, 3, 2)


def test_an_invoice_is_issued_once(issued):
    with pytest.raises(IllegalMove, match="Invoice 2026-000001 is issued already"):
        services.issue(issued, SYSTEM, NOVEMBER_2)


def test_a_month_is_issued_when_it_is_over(acme):
    subscribed(acme)
    draft = draft_of(acme)

    with pytest.raises(UserError, match=r"October 2026 is billed when it is over: .* on 1 November 2026 or later"):
        services.issue(draft, SYSTEM, date(2026, 10, 31))


def test_a_date_before_the_last_issue_date_is_refused(issued):
    other = CustomerFactory()
    subscribed(other)
    draft = draft_of(other)

    with pytest.raises(UserError, match="numbers follow dates: issue on 2 November 2026 or later"):
        services.issue(draft, SYSTEM, date(2026, 11, 1))


def test_a_draft_that_is_out_of_date_is_refused(acme):
    subscribed(acme)
    draft = draft_of(acme)
    Plan.objects.update(price="300.00")

    with pytest.raises(UserError, match="The draft for Acme is out of date"):
        services.issue(draft, SYSTEM, NOVEMBER_2)


def test_a_text_that_cannot_be_printed_takes_no_number(acme):
    acme.legal_name = "東京"
    acme.save()
    subscribed(acme)
    draft = draft_of(acme)

    with pytest.raises(UserError, match="its font lacks the character"):
        services.issue(draft, SYSTEM, NOVEMBER_2)

    draft.refresh_from_db()
    assert draft.is_draft
    assert not NumberSeries.objects.exists()


def test_the_job_makes_the_pdf_once_from_what_was_frozen(issued, acme):
    acme.legal_name = "Acme Renamed NV"
    acme.save()

    row = Outgoing.objects.get(kind="billing.invoice_pdf", about_id=str(issued.pk))
    outbox.deliver(row.pk, 0)
    jobs.render_pdf(row)

    text = text_of(bytes(Invoice.objects.get().pdf))
    for mention in ("Invoice 2026-000001", "Acme NV", "VAT BE0417497106", "Total to pay € 302.50", "in4it BV"):
        assert mention in text
    assert "Renamed" not in text
    assert "in4it BV BV" not in text


def test_the_pdf_bears_the_customers_reference(acme):
    acme.reference = "PO 4711"
    acme.save()
    subscribed(acme)

    assert "Your reference: PO 4711" in text_of(documents.pdf_of(invoiced(acme)))


def test_a_queue_that_is_away_does_not_stop_the_issuing_and_the_pdf_waits(
    acme, settings, django_capture_on_commit_callbacks
):
    settings.RQ_QUEUES = {name: {"URL": "redis://127.0.0.1:1/0"} for name in settings.RQ_QUEUES}
    subscribed(acme)

    with django_capture_on_commit_callbacks(execute=True):
        issued = invoiced(acme)

    assert Invoice.objects.get().pdf is None
    assert Outgoing.waiting.get().about_id == str(issued.pk)
    assert documents.pdf_of(issued).startswith(b"%PDF")


def test_a_draft_that_cannot_be_issued_leaves_no_pdf_to_render(acme, monkeypatch):
    subscribed(acme)
    monkeypatch.setattr(services, "_take_number", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        invoiced(acme)

    assert not Outgoing.objects.exists()


class NumberingOrder(TestCase):
    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.integers(0, 90), min_size=1, max_size=6))
    def test_whatever_days_are_tried_numbers_have_no_gap_and_follow_the_dates(self, days):
        drafts = []
        for _ in days:
            customer = CustomerFactory()
            subscribed(customer)
            drafts.append(draft_of(customer))
        refused = 0
        for draft, day in zip(drafts, days, strict=True):
            try:
                services.issue(draft, SYSTEM, NOVEMBER_2 + timedelta(days=day))
            except UserError:
                refused += 1

        rows = list(Invoice.objects.issued().order_by("issued_on__year", "number").values_list("number", "issued_on"))
        assert len(rows) == len(days) - refused
        assert [on for _, on in rows] == sorted(on for _, on in rows)
        for year in (2026, 2027):
            numbers = [number for number, on in rows if on.year == year]
            assert numbers == [f"{year}-{count:06}" for count in range(1, len(numbers) + 1)]
        assert Invoice.objects.filter(number=None).count() == refused


def test_amounts_of_the_frozen_document_are_those_of_the_invoice(issued):
    document = documents.of_issued(issued)

    assert (document.totals.net, document.totals.gross) == (Decimal("250.00"), Decimal("302.50"))
