"""What an ended or older session answers to a form."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
FORM = "/c/acme/support/tickets/new/"


@pytest.fixture
def strict(alice) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    return client


def test_without_scripts_whoever_is_logged_out_is_led_to_the_login_and_back():
    answer = Client(enforce_csrf_checks=True).post(FORM, {}, headers={"Referer": f"http://testserver{FORM}"})

    assert answer.status_code == 403
    assert f'href="/account/login/?next={FORM}"' in answer.content.decode()


def test_without_scripts_whoever_is_logged_in_is_led_to_the_form(strict):
    answer = strict.post(FORM, {}, headers={"Referer": f"http://testserver{FORM}"})

    assert answer.status_code == 403
    assert f'href="{FORM}"' in answer.content.decode()


def test_a_form_of_htmx_goes_to_the_login_and_keeps_what_was_typed():
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{FORM}"}

    answer = Client(enforce_csrf_checks=True).post(FORM, {}, headers=headers)

    assert answer.headers["HX-Redirect"] == f"/account/login/?next={FORM}"
    assert answer.headers["Portal-Keep-Typed"] == "1"


def test_a_form_of_htmx_is_loaded_again_for_whoever_is_logged_in(strict):
    answer = strict.post(FORM, {}, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{FORM}"})

    assert answer.headers["HX-Redirect"] == FORM


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(page):
    headers = {"HX-Request": "true", "HX-Current-URL": page}

    answer = Client(enforce_csrf_checks=True).post(FORM, {}, headers=headers)

    assert answer.headers["HX-Redirect"] == "/account/login/"
