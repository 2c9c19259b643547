"""Logging in and looking at pages while Redis is away, silent or full; limits hold all the same."""

import time

import pytest

from portal.accounts.views import joining
from tests import factories
from tests.outages import EVERY_OUTAGE

pytestmark = EVERY_OUTAGE
PASSWORD = "a long enough sentence"
SECONDS = 3  # for any page


@pytest.fixture(autouse=True)
def _without_redis(outage, settings):
    with outage() as url:
        settings.CACHES = {
            "default": {"BACKEND": "portal.core.caching.SteadyRedisCache", "LOCATION": url},
            "sessions": {"BACKEND": "portal.core.caching.SessionCache", "LOCATION": url},
        }
        yield


@pytest.fixture
def dave(acme):
    user = factories.member(acme, "viewer", email="dave@acme.example")
    user.set_password(PASSWORD)
    user.save()
    return user


def attempt(client, password: str):
    return client.post("/account/login/", {"login": "dave@acme.example", "password": password})


def test_the_right_password_leads_home_and_to_pages_in_time(client, dave):
    started = time.monotonic()
    page = client.get("/account/login/")
    entered = attempt(client, PASSWORD)
    overview = client.get("/c/acme/")

    assert (page.status_code, entered["Location"], overview.status_code) == (200, "/", 200)
    assert time.monotonic() - started < SECONDS


def test_whoever_logs_out_is_out(client, dave):
    attempt(client, PASSWORD)
    cookie = client.cookies["sessionid"].value
    client.post("/account/logout/")
    client.cookies["sessionid"] = cookie

    assert client.get("/c/acme/")["Location"].startswith("/account/login/")


def test_after_ten_wrong_passwords_even_the_right_one_is_held_off(client, dave):
    for _ in range(10):
        attempt(client, "wrong")

    assert attempt(client, PASSWORD).status_code == 200
    assert "_auth_user_id" not in client.session


def test_an_address_that_tries_many_links_is_held_off(client, db):
    answers = [client.get(f"/invitations/guess-{n}/").status_code for n in range(joining.TRIES.most + 1)]

    assert answers == [404] * joining.TRIES.most + [429]
