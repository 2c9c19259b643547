"""Logging in, and the second factors that can be set up."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP

from tests import factories

PASSWORD = "a long enough sentence"


@pytest.fixture
def dave(acme):
    user = factories.member(acme, "viewer", email="dave@acme.example")
    user.set_password(PASSWORD)
    user.save()
    return user


def attempt(client, password: str):
    return client.post("/account/login/", {"login": "dave@acme.example", "password": password})


def test_the_right_password_leads_home(client, dave):
    assert attempt(client, PASSWORD)["Location"] == "/"


def test_after_ten_wrong_passwords_even_the_right_one_is_held_off(client, dave):
    for _ in range(10):
        attempt(client, "wrong")

    assert attempt(client, PASSWORD).status_code == 200
    assert "_auth_user_id" not in client.session


def test_nobody_signs_up_by_themselves(client, db):
    answer = client.post("/account/signup/", {"email": "mallory@example.com", "password1": PASSWORD})

    assert b"clos" in answer.content
    assert not factories.User.objects.exists()


@pytest.mark.parametrize("page", ["", "totp/activate/", "webauthn/", "webauthn/add/"])
def test_second_factors_can_be_set_up_after_giving_the_password_again(client, dave, page):
    attempt(client, PASSWORD)
    client.post("/account/reauthenticate/", {"password": PASSWORD})

    assert client.get(f"/account/2fa/{page}").status_code == 200


def test_second_factors_are_closed_to_whoever_finds_a_browser_open(client, dave):
    attempt(client, PASSWORD)

    assert client.get("/account/2fa/totp/activate/")["Location"].startswith("/account/reauthenticate/")


def test_totp_secrets_are_encrypted_at_rest(dave):
    authenticator = TOTP.activate(dave, "JBSWY3DPEHPK3PXP").instance

    assert "JBSWY3DPEHPK3PXP" not in str(authenticator.data)


def test_behind_a_proxy_one_visitor_does_not_use_up_the_tries_of_all(client, dave, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for _ in range(10):
        client.post(
            "/account/login/", {"login": "x@x.example", "password": "no"}, headers={"X-Forwarded-For": "1.1.1.1"}
        )

    answer = client.post(
        "/account/login/",
        {"login": "dave@acme.example", "password": PASSWORD},
        headers={"X-Forwarded-For": "6.6.6.6, 2.2.2.2"},
    )

    assert answer.status_code == 302


def test_a_visitor_cannot_invent_addresses_to_get_more_tries(client, dave, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(10):
        invented = {"X-Forwarded-For": f"6.6.6.{number}, 1.1.1.1"}
        client.post("/account/login/", {"login": f"x{number}@x.example", "password": "no"}, headers=invented)

    answer = client.post(
        "/account/login/",
        {"login": "dave@acme.example", "password": PASSWORD},
        headers={"X-Forwarded-For": "1.1.1.1"},
    )

    assert answer.status_code != 302


def test_an_address_that_tries_too_often_reads_why_and_what_to_do(client, dave):
    for _ in range(30):
        attempt(client, "wrong")
    page = attempt(client, PASSWORD)

    assert page.status_code == 429
    assert "Wait a few minutes, then try again." in page.content.decode()
    assert 'href="/account/login/"' in page.content.decode()
