"""A session that ran out while a form was filled in: after the login the form is there, with what was typed."""

import pytest
from playwright.sync_api import expect

from portal.demo.people import PASSWORD
from tests.browser.conftest import OLIVIA
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.localaws, pytest.mark.redis]

AGAIN = "What you typed is here again"


def loses_the_session(olivia: Visitor) -> None:
    olivia.page.context.clear_cookies(name="sessionid")


def logs_in_again(olivia: Visitor) -> None:
    olivia.fill(login=OLIVIA, password=PASSWORD)
    olivia.page.get_by_role("button", name="Log in", exact=True).click()


def test_what_was_typed_is_there_again_after_the_login(olivia: Visitor) -> None:
    page = olivia.page
    page.goto("/c/acme/support/tickets/new/")
    olivia.fill(subject="No answer from shop", body="Since noon.\nNothing was deployed.")
    loses_the_session(olivia)
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Log in")

    logs_in_again(olivia)

    expect(page.get_by_text(AGAIN)).to_be_visible()
    expect(page).to_have_url(f"{olivia.site}/c/acme/support/tickets/new/")
    expect(page.locator("[name='subject']")).to_have_value("No answer from shop")
    expect(page.locator("[name='body']")).to_have_value("Since noon.\nNothing was deployed.")
    page.reload()
    expect(page.locator("[name='subject']")).to_have_value("")


def test_a_secret_is_not_kept(olivia: Visitor) -> None:
    page = olivia.page
    page.goto("/c/acme/aws-accounts/new/")
    olivia.fill(name="Main", account_id="123456789012", access="key", access_key_id="AKIA", secret_access_key="hush")
    loses_the_session(olivia)
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Log in")

    assert "hush" not in page.evaluate("JSON.stringify(sessionStorage)")
    logs_in_again(olivia)

    expect(page.locator("[name='name']")).to_have_value("Main")
    expect(page.locator("[name='secret_access_key']")).to_have_value("")


def test_what_was_typed_is_there_again_when_all_cookies_are_gone(olivia: Visitor) -> None:
    page = olivia.page
    page.goto("/c/acme/support/tickets/new/")
    olivia.fill(subject="No answer from shop", body="Since noon.")
    page.context.clear_cookies()
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Log in")

    logs_in_again(olivia)

    expect(page.get_by_text(AGAIN)).to_be_visible()
    expect(page.locator("[name='body']")).to_have_value("Since noon.")


def test_a_form_of_an_older_session_is_loaded_again_with_what_was_typed(olivia: Visitor) -> None:
    page = olivia.page
    page.goto("/c/acme/support/tickets/new/")
    olivia.fill(subject="No answer from shop", body="Since noon.")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("main").get_by_role("button").last.click()

    expect(page.get_by_text(AGAIN)).to_be_visible()
    expect(page).to_have_url(f"{olivia.site}/c/acme/support/tickets/new/")
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page.get_by_text("Our engineers see it now")).to_be_visible()
