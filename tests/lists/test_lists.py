"""A list as it is shown: sorted, filtered, exported, and read on a phone."""

import csv
from dataclasses import dataclass

import pytest
from django.test import RequestFactory
from django.utils.datastructures import MultiValueDict

from portal.accounts.models import Customer
from portal.core.lists import Window, text
from portal.core.lists.export import cell
from tests.lists.conftest import CustomerFilters, PlaceFilters, drawn, show


def names(address: str) -> list[str]:
    return [row.name for row in show(address).rows]


def exported(address: str, **options) -> list[list[str]]:
    answer = show(address, **options).export()
    return list(csv.reader(b"".join(answer.streaming_content).decode().splitlines()))


@pytest.mark.parametrize("sort", ["nonsense", "--name", "-", "legal", "name,city", "", "password"])
def test_an_unknown_sort_is_the_default(cities, sort):
    cities("a", "b")

    assert names(f"?sort={sort}") == ["Customer 2", "Customer 1"]
    assert "aria-sort" not in drawn(show(f"?sort={sort}"))


def test_the_head_says_how_it_is_sorted_and_turns_it(cities):
    cities("b", "a", "c")
    rising, falling = drawn(show("?sort=city&q=cust")), drawn(show("?sort=-city&q=cust"))

    assert rising.count("aria-sort") == falling.count("aria-sort") == 1
    assert 'aria-sort="ascending"' in rising
    assert 'href="?sort=-city&amp;q=cust"' in rising
    assert 'aria-sort="descending"' in falling
    assert 'href="?sort=city&amp;q=cust"' in falling


def test_a_new_order_begins_at_its_first_page(cities):
    cities("a", "b", "c")
    second = show("?sort=name").after_url

    assert 'href="?sort=city"' in drawn(show(second))


def test_a_row_on_a_phone_has_its_labels_and_what_comes_first_has_none(cities):
    cities("Aalst")
    shown = drawn(show())

    assert 'data-label="City">Aalst</td>' in shown
    assert '<td role="cell" class=" cell-first" data-label=""><a class="row-target" href="/c/c1/">' in shown
    assert shown.count('role="cell"') == shown.count('role="columnheader"') == 5


def test_what_people_typed_is_escaped(cities):
    cities("<b>&")

    assert 'data-label="City">&lt;b&gt;&amp;</td>' in drawn(show())


def test_nothing_at_all_is_told_from_nothing_that_fits(cities):
    assert "Nothing at all." in drawn(show())
    cities("a")
    assert "Nothing fits" in drawn(show("?q=nobody"))
    assert "Nothing at all." not in drawn(show("?q=nobody"))


@pytest.mark.parametrize(
    ("asked", "criteria"),
    [
        ({}, {"kind": "all"}),
        ({"q": ["a"], "kind": ["big"]}, {"q": "a", "kind": "big"}),
        ({"day": ["yesterday"], "kind": ["huge"], "q": ["a\0b"], "else": ["x"]}, {"kind": "all"}),
        ({"q": ["x" * 101], "kind": [""]}, {"kind": "all"}),
    ],
)
def test_nonsense_filters_nothing(asked, criteria):
    filters = CustomerFilters(_query(asked))

    assert filters.criteria == criteria
    assert filters.narrows == (criteria != {"kind": "all"})


def _query(asked):
    request = RequestFactory().get("/", MultiValueDict(asked))
    return request.GET


def test_the_export_is_what_is_shown_in_its_order_however_long_it_is(cities):
    cities("b", "a", "c", "a")
    Customer.objects.create(name="Left out", slug="out")
    Customer.objects.update(created_at="2026-01-02T03:04:05Z")

    found = exported("?q=customer&sort=city&export=csv")

    assert found[0] == ["Name", "City", "Legal name", "Since"]
    assert [row[:2] for row in found[1:]] == [
        ["Customer 4", "a"],
        ["Customer 2", "a"],
        ["Customer 1", "b"],
        ["Customer 3", "c"],
    ]
    assert {row[3] for row in found[1:]} == {"2026-01-02 03:04:05"}


def test_the_export_has_the_columns_of_the_page(cities):
    cities("a")

    assert exported("?export=csv", without=["city"])[0] == ["Name", "Legal name", "Since"]


def test_the_export_is_a_file_named_after_the_list_and_the_day(db):
    answer = show("?export=csv").export()

    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="customers-20')


def test_another_export_is_the_page(db):
    assert show("?export=xls").export() is None


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_a_spreadsheet_would_run_is_escaped(words):
    assert cell(words) == f"'{words}"


@pytest.mark.parametrize(("value", "said"), [(None, ""), (-5, "-5"), ("a=1", "a=1"), ("", "")])
def test_what_it_would_not_run_is_left_alone(value, said):
    assert cell(value) == said


def test_what_a_page_prepares_is_exported_too(cities):
    cities("a", "b")
    column = text("shout", "Shout", lambda words: words)

    found = exported("?export=csv", columns=[column], prepare=lambda some: [row.name.upper() for row in some])

    assert found == [["Shout"], ["CUSTOMER 2"], ["CUSTOMER 1"]]


@dataclass(frozen=True)
class Named:
    name: str


def window(names: str, **asked: str) -> Window[Named]:
    """A window on things of one letter each."""
    request = RequestFactory().get("/", asked)
    return Window(request, [Named(name) for name in names], PlaceFilters(request.GET))


class TestWindow:
    """A table with a column for each of very many environments shows six at a time."""

    @pytest.mark.parametrize(
        ("asked", "shown"),
        [("", "123456"), ("2", "789abc"), ("3", "d"), ("9", "d"), ("0", "123456"), ("x", "123456"), ("-1", "123456")],
    )
    def test_the_address_says_which(self, asked, shown):
        assert "".join(each.name for each in window("123456789abcd", columns=asked).shown) == shown

    def test_they_are_found_by_name(self):
        assert [each.name for each in window("123456789abcd", environment="C").shown] == ["c"]

    def test_few_are_all_shown_and_not_looked_for(self):
        filters = PlaceFilters(_query({"environment": ["x"]}))

        assert len(Window(RequestFactory().get("/"), [Named("1"), Named("2")], filters).shown) == 2
        assert (list(filters.fields), filters.narrows) == (["q"], False)

    def test_it_knows_its_neighbours(self):
        middle = window("123456789abcd", columns="2")

        assert (middle.before, middle.after, middle.first_shown, middle.last_shown) == (1, 3, 7, 12)
        assert (window("12").before, window("12").after, window("12").is_partial) == (0, 0, False)
