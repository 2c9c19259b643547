"""The parts pages are made of: portal/core/templatetags/ui.py, portal/core/looks.py and templates/components."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from portal.core.frontend import ICONS, NodeModulesFinder
from portal.core.looks import LOOKS, look_of
from portal.core.templatetags import ui

NOW = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))


def render(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


class ServiceForm(forms.Form):
    name = forms.CharField(help_text="As people call it.")
    size = forms.ChoiceField(choices=[("s", "Small"), ("m", "Medium")], widget=forms.RadioSelect)
    public = forms.BooleanField(required=False)
    notes = forms.CharField(required=False)

    def clean_name(self) -> str:
        raise forms.ValidationError("That name is taken. Choose another.")

    def clean(self) -> None:
        raise forms.ValidationError("Frankfurt is full. Choose Ireland.")


# Files ------------------------------------------------------------------------------------------------------------
def test_the_listed_files_of_npm_packages_are_found() -> None:
    assert Path(str(finders.find("vendor/tabler/tabler.min.css"))).is_file()
    assert Path(str(finders.find("vendor/inter/inter-latin-wght-normal.woff2"))).is_file()


def test_no_other_file_of_node_modules_can_be_reached() -> None:
    finder = NodeModulesFinder()

    assert not finder.find("vendor/tabler/tabler-flags.min.css")
    assert not finder.find("vendor/tabler/../tabler.min.css")
    assert finder.find("vendor/tabler/package.json", find_all=True) == []


def test_collecting_static_files_takes_exactly_the_listed_ones() -> None:
    collected = {f"{storage.prefix}/{name}" for name, storage in NodeModulesFinder().list(["*.map"])}

    assert collected == {
        "vendor/tabler/tabler.min.css",
        "vendor/tabler/tabler.min.js",
        "vendor/inter/inter-latin-wght-normal.woff2",
        "vendor/inter/inter-latin-ext-wght-normal.woff2",
    }


def test_a_complete_installation_passes_the_system_check() -> None:
    assert NodeModulesFinder().check() == []


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads(Path(settings.BASE_DIR, "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


# Icons and states ---------------------------------------------------------------------------------------------------
def test_an_icon_is_drawn_inline_and_hidden_from_screen_readers() -> None:
    drawn = render('{% icon "server" "icon-lg" %}')

    assert drawn.startswith('<svg class="icon icon-lg" ')
    assert 'aria-hidden="true"' in drawn
    assert drawn.count("<svg") == 1
    assert "<path" in drawn


def test_an_icon_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        render('{% icon "no-such-icon" %}')


@pytest.mark.parametrize("state", LOOKS)
def test_every_state_shows_a_word_and_an_icon_that_exists(state: str) -> None:
    look = look_of(state)

    assert (ICONS / f"{look.icon}.svg").is_file()
    assert look.word in render("{% state name %}", name=state)


def test_a_state_nobody_listed_shows_its_own_word_in_neutral() -> None:
    badge = render("{% state name %}", name="INITIAL_CHECK")

    assert badge.startswith('<span class="state state-idle">')
    assert badge.endswith("Initial check</span>")


def test_only_work_that_goes_on_turns() -> None:
    assert "icon-spin" in render('{% state "creating" %}')
    assert "icon-spin" not in render('{% state "ready" %}')


# Times and amounts --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=-20), "just now"),
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=-3), "3 min ago"),
        (timedelta(minutes=-59, seconds=-29), "59 min ago"),
        (timedelta(minutes=-59, seconds=-31), "1 h ago"),
        (timedelta(hours=-23), "23 h ago"),
        (timedelta(hours=-23, minutes=-31), "1 day ago"),
        (timedelta(days=-12), "12 days ago"),
        (timedelta(hours=5), "in 5 h"),
        (timedelta(days=-40), "31 Jan 2026"),
    ],
)
def test_times_are_relative_and_far_ones_are_dates(distance: timedelta, words: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert f">{words}</time>" in render("{% ago moment %}", moment=NOW + distance)


def test_the_exact_time_stands_in_the_title() -> None:
    shown = render("{% ago moment %}", moment=NOW)

    assert 'datetime="2026-03-12T13:00:00+01:00"' in shown
    assert 'title="12 March 2026, 13:00:00 CET"' in shown


def test_a_time_that_never_came_is_a_dash() -> None:
    assert render("{% ago moment %}", moment=None) == "–"
    assert ui.duration(None) == "–"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (80, "1 min 20 s"),
        (3600, "1 h 0 min"),
        (90061, "1 d 1 h"),
        (timedelta(minutes=2), "2 min 0 s"),
    ],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(seconds: float | timedelta, words: str) -> None:
    assert ui.duration(seconds) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [(Decimal("1234.5"), "€ 1,234.50"), (Decimal("-12"), "−€ 12.00"), (0, "€ 0.00")],
)
def test_money_has_two_decimals_and_separated_thousands(amount: Decimal, words: str) -> None:
    assert f">{words}<" in render("{% money amount %}", amount=amount)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_money_can_be_read_back_exactly(amount: Decimal) -> None:
    words = re.sub(r"<[^>]+>|[€ ,]", "", ui.money(amount)).replace("−", "-")

    assert Decimal(words) == amount


# Things to copy -----------------------------------------------------------------------------------------------------
def test_what_can_be_copied_is_escaped() -> None:
    shown = render("{% copy text %}", text='"><b>')

    assert 'data-copy="&quot;&gt;&lt;b&gt;"' in shown
    assert "<b>" not in shown


def test_a_digest_is_short_and_copies_whole() -> None:
    whole = "sha256:" + "9f86d081884c7d65" * 4

    shown = render("{% digest value %}", value=whole)

    assert ">9f86d081884c</code>" in shown
    assert f'data-copy="{whole}"' in shown


def test_a_code_block_escapes_its_variables_and_drops_blank_edges() -> None:
    shown = render('{% code "Push" %}\n  docker push {{ image }}\n{% endcode %}', image="a<b")

    assert "<code>docker push a&lt;b</code>" in shown


# Blocks -------------------------------------------------------------------------------------------------------------
def test_an_alert_says_what_why_and_what_to_do() -> None:
    shown = render('{% alert "error" "Failed" next_step="Retry." %}Because {{ why }}.{% endalert %}', why="<x>")

    assert "notice-danger" in shown
    assert [word for word in ("Failed", "Because &lt;x&gt;.", "Retry.") if word not in shown] == []
    assert 'role="alert"' in shown


def test_a_card_shows_its_title_its_link_and_its_content() -> None:
    shown = render('{% card "Services" action="All" action_url="/all/" %}<p>{{ x }}</p>{% endcard %}', x="<i>")

    assert "Services</h2>" in shown
    assert 'href="/all/">All</a>' in shown
    assert "<p>&lt;i&gt;</p>" in shown


def test_an_empty_detail_is_a_dash() -> None:
    assert ">–</dd>" in render('{% detail "Region" %} {% enddetail %}')


def test_pages_keep_the_filters_of_the_list() -> None:
    request = RequestFactory().get("/services/", {"state": "failed", "page": "2"})
    page = Paginator(range(130), 50).get_page(2)

    shown = render_to_string("components/pagination.html", {"page": page}, request)

    assert "51–100 of 130" in shown
    assert 'href="?state=failed&amp;page=1"' in shown
    assert 'href="?state=failed&amp;page=3"' in shown


def test_one_page_needs_no_pagination() -> None:
    assert render_to_string("components/pagination.html", {"page": Paginator([1], 50).get_page(1)}).strip() == ""


def test_progress_without_a_number_is_busy() -> None:
    assert 'value="3" max="9"' in render_to_string("components/progress.html", {"label": "x", "value": 3, "max": 9})
    assert "value=" not in render_to_string("components/progress.html", {"label": "x"})


def test_the_first_step_out_of_many_is_progress_too() -> None:
    assert 'value="0" max="9"' in render_to_string("components/progress.html", {"label": "x", "value": 0, "max": 9})


# Forms --------------------------------------------------------------------------------------------------------------
def test_an_invalid_field_names_its_error_to_screen_readers() -> None:
    shown = str(ServiceForm({"name": "shop", "size": "s"}))

    assert 'aria-describedby="id_name_helptext id_name_error"' in shown
    assert 'class="form-control is-invalid"' in shown
    assert '<div class="field-error" id="id_name_error"><p>That name is taken. Choose another.</p></div>' in shown


def test_an_error_of_the_whole_form_is_an_alert() -> None:
    shown = str(ServiceForm({"name": "shop", "size": "s"}))

    assert re.search(r'notice-danger" role="alert".*Frankfurt is full', shown, re.DOTALL)


def test_choices_stand_in_a_fieldset_with_their_own_labels() -> None:
    shown = str(ServiceForm())

    assert re.search(r"<fieldset[^>]*>\s*<legend[^>]*>Size</legend>", shown)
    assert '<label class="form-check" for="id_size_0">' in shown


def test_what_may_stay_empty_says_so() -> None:
    shown = str(ServiceForm())

    assert 'Notes<span class="optional">optional</span>' in shown
    assert 'Name<span class="optional">' not in shown


def test_a_form_comes_back_in_place() -> None:
    request = RequestFactory().get("/services/new/")

    shown = render_to_string("components/form.html", {"form": ServiceForm(), "submit": "Register"}, request)

    assert 'method="post"' in shown
    assert 'hx-post="/services/new/" hx-swap="outerHTML"' in shown
    assert "csrfmiddlewaretoken" in shown
    assert ">Register</button>" in shown


# Manners of every template --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_script_or_style(template: Path) -> None:
    source = template.read_text()

    assert (
        re.findall(r"<script(?![^>]*(?:src=|application/json))|<style|\sstyle=|\son\w+=|hx-on|javascript:", source)
        == []
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_icon_named_in_a_template_exists(template: Path) -> None:
    named = re.findall(r'{% icon "([^"]+)"|icon="([^"]+)"', template.read_text())

    assert [name for pair in named for name in pair if name and not (ICONS / f"{name}.svg").is_file()] == []


@pytest.mark.parametrize("name", ["403.html", "404.html", "500.html", "403_csrf.html"])
def test_error_pages_need_no_request_and_no_database(name: str) -> None:
    shown = render_to_string(name)

    assert '<html lang="en">' in shown
    assert 'btn-primary" href="/">' in shown  # the next step


def test_a_refusal_says_the_sentence_where_scripts_find_it() -> None:
    shown = render_to_string("errors/refused.html", {"error": "It is busy. Wait."})

    assert "data-refusal>It is busy. Wait.</p>" in shown
