"""Pages by cursor: onwards and back, with rows that are alike, that went, that came, and with nothing in a field."""

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments.models import Release
from portal.accounts.models import Customer
from portal.core.lists import table
from portal.core.lists.paging import Ordered
from tests import factories
from tests.lists.conftest import show


def names(address: str) -> list[str]:
    return [row.name.removeprefix("Customer ") for row in show(address).rows]


def walk(address: str) -> tuple[list[list[str]], list[list[str]]]:
    """The pages from the first to the last, and from there back."""
    there, here = [names(address)], show(address)
    while here.after_url:
        here = show(here.after_url)
        there.append(names(f"?{here.request.GET.urlencode()}"))
    back = [there[-1]]
    while here.before_url:
        here = show(here.before_url)
        back.append(names(f"?{here.request.GET.urlencode()}"))
    return there, back[::-1]


@pytest.mark.parametrize(
    ("sort", "pages"),
    [
        ("", [["5", "4"], ["3", "2"], ["1"]]),
        ("?sort=name", [["1", "2"], ["3", "4"], ["5"]]),
        ("?sort=city", [["5", "3"], ["1", "4"], ["2"]]),  # alike: the newest first
        ("?sort=-city", [["4", "2"], ["5", "3"], ["1"]]),
    ],
)
def test_every_row_is_on_one_page_onwards_and_back(cities, sort, pages):
    cities("Aalst", "Brugge", "Aalst", "Brugge", "Aalst")

    assert walk(sort) == (pages, pages)


@pytest.mark.parametrize(("order", "found"), [("pushed_at", [1, 2, None]), ("-pushed_at", [None, 2, 1])])
def test_nothing_in_a_field_counts_as_more_than_anything(db, order, found):
    service = factories.ServiceFactory()
    for day in (1, 2):
        factories.ReleaseFactory(service=service, pushed_at=f"2026-01-0{day}T00:00Z", digest=f"sha256:{day:064}")
    factories.ReleaseFactory(service=service, pushed_at=None, digest=f"sha256:{3:064}")
    ordered, seen, cursor = Ordered(Release.objects.all(), [order]), [], ""

    while len(seen) < 4:
        page = ordered.page(1, after=cursor)
        seen.append(page.rows[0].pushed_at)
        if not (cursor := page.after):
            break

    assert [at and at.day for at in seen] == found
    last = ordered.page(1, before=ordered._cursor(ordered.all().last()))
    assert [at and at.day for at in [last.rows[0].pushed_at]] == found[1:2]


def test_a_row_that_went_leaves_its_place(cities):
    made = cities("a", "b", "c", "d", "e")
    following = show("?sort=name").after_url
    made[1].delete()

    assert names(following) == ["3", "4"]


def test_rows_that_came_meanwhile_move_nothing(cities):
    cities("a", "b", "c")
    following = show("").after_url
    Customer.objects.create(name="Customer 4", slug="new")

    assert names(following) == ["1"]


def test_where_nothing_is_left_the_first_page_is_shown(cities):
    made = cities("a", "b", "c")
    last = show("").after_url
    made[0].delete()

    assert names(last) == ["3", "2"]


def test_back_at_the_beginning_is_the_whole_first_page(cities):
    made = cities("a", "b", "c")
    back = show(show("").after_url).before_url
    made[2].delete()

    assert names(back) == ["2", "1"]


@pytest.mark.parametrize("cursor", ["x", "%00", Signer(salt="lists:name,-id").sign_object(["a", 1])])
def test_a_cursor_that_is_made_up_or_of_another_order_counts_for_nothing(cities, cursor):
    cities("a", "b", "c")

    assert names(f"?after={cursor}") == names(f"?before={cursor}") == ["3", "2"]


def test_a_page_is_asked_for_without_an_offset_and_counted_up_to_a_bound(cities, monkeypatch):
    cities("a", "b", "c", "d", "e")
    monkeypatch.setattr(table, "COUNTED", 3)
    following = show("").after_url

    with CaptureQueriesContext(connection) as asked:
        shown = show(following)
        assert (len(shown.rows), shown.count_words) == (2, "3+")

    page, count = (query["sql"] for query in asked)
    assert "OFFSET" not in page
    assert "LIMIT 3" in page
    assert "LIMIT 4" in count


def test_few_rows_are_counted_as_they_are(cities):
    cities("a", "b", "c")

    assert show("").count_words == "3"
