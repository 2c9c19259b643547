"""The frame of every page by keyboard alone: skip link, menu, theme. The main job deploys by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import PHONE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.localaws, pytest.mark.redis]


def test_the_first_tab_offers_to_skip_the_menu(olivia: Visitor) -> None:
    skip = olivia.page.get_by_role("link", name="Skip to the content")
    olivia.page.goto("/c/acme/")

    olivia.page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    olivia.page.keyboard.press("Enter")

    expect(olivia.page.get_by_role("main")).to_be_focused()


def test_the_menu_of_a_phone_opens_and_closes_without_a_pointer(olivia: Visitor) -> None:
    olivia.page.set_viewport_size(PHONE)
    menu, button = olivia.page.locator("#sidebar"), olivia.page.get_by_label("Open the menu")
    expect(menu).to_be_hidden()

    olivia.tab_to(button)
    olivia.page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    olivia.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()

    olivia.page.keyboard.press("Enter")
    olivia.tab_to(menu.get_by_role("link", name="Services"))
    olivia.page.keyboard.press("Enter")
    expect(olivia.page.get_by_role("heading", level=1)).to_have_text("Services")


def test_the_dark_theme_is_chosen_by_keyboard_and_kept(olivia: Visitor) -> None:
    page = olivia.page

    olivia.tab_to(page.get_by_role("button", name="Dark"))
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
