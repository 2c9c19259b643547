"""Fragments, redirects, toasts, and the headers that keep caches and sessions honest."""

import json

import pytest
from django.http import HttpResponse, HttpResponseRedirect
from django.test import RequestFactory

from portal.core.htmx import HtmxResponseMiddleware, go, progress, toast, wants_fragment

HTMX = {"HX-Request": "true"}
RESTORE = {**HTMX, "HX-History-Restore-Request": "true"}


def request(headers: dict[str, str] | None = None):
    return RequestFactory().get("/", headers=headers)


@pytest.mark.parametrize(("headers", "fragment"), [({}, False), (HTMX, True), (RESTORE, False)])
def test_only_htmx_gets_a_fragment_and_not_when_it_restores_history(browse, alice, headers, fragment):
    html = browse(alice).get("/c/acme/audit/", headers=headers).content.decode()

    assert wants_fragment(request(headers)) is fragment
    assert ("<html" not in html) is fragment
    assert 'id="list"' in html


def test_every_page_varies_on_htmx(browse, alice):
    assert "HX-Request" in browse(alice).get("/c/acme/audit/")["Vary"]


@pytest.mark.parametrize(
    ("page", "login"),
    [
        ("http://testserver/c/acme/audit/?q=a%26b#list", "/account/login/?next=/c/acme/audit/%3Fq%3Da%2526b"),
        ("http://testserver/", "/account/login/?next=/"),
        ("", "/account/login/"),
        ("https://evil.example/c/acme/audit/", "/account/login/"),
        ("javascript:alert(1)", "/account/login/"),
        ("http://[", "/account/login/"),
    ],
)
def test_a_session_that_ran_out_under_a_fragment_sends_the_browser_to_the_login_and_back(client, acme, page, login):
    response = client.get("/c/acme/audit/", headers=HTMX | {"HX-Current-URL": page})

    assert (response.status_code, response["HX-Redirect"], response.content) == (200, login, b"")


def test_a_page_that_ran_out_is_an_ordinary_redirect(client, acme):
    response = client.get("/c/acme/audit/")

    assert response["Location"] == "/account/login/?next=/c/acme/audit/"


def test_other_redirects_under_a_fragment_are_left_alone():
    answer = HttpResponseRedirect("/elsewhere/")

    assert HtmxResponseMiddleware(lambda _request: answer)(request(HTMX)) is answer


@pytest.mark.parametrize(
    ("headers", "header", "status"), [({}, "Location", 302), (HTMX, "HX-Redirect", 200), (RESTORE, "Location", 302)]
)
def test_going_somewhere_works_for_forms_of_both_kinds(headers, header, status):
    response = go(request(headers), "people", "acme")

    assert (response.status_code, response[header]) == (status, "/c/acme/people/")


@pytest.mark.parametrize(
    ("headers", "running", "status"), [(HTMX, True, 200), (HTMX, False, 286), ({}, False, 200), (RESTORE, False, 200)]
)
def test_polling_stops_with_the_last_fragment(headers, running, status):
    template = "accounts/not_joined.html"

    assert progress(request(headers), template, {}, partial="", running=running).status_code == status


def test_a_toast_travels_in_a_header():
    response = toast(HttpResponse(), "Saved – done", "info")

    assert json.loads(response["HX-Trigger"]) == {"toast": {"text": "Saved – done", "kind": "info"}}


def test_a_long_toast_is_cut_because_proxies_refuse_long_headers():
    response = toast(HttpResponse(), "é" * 5000)

    assert json.loads(response["HX-Trigger"])["toast"]["text"] == "é" * 299 + "…"
    assert len(response["HX-Trigger"]) < 4000
