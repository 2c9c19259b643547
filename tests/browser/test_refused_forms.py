"""A form that is refused takes whoever sent it to what is wrong with it."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import PHONE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.localaws, pytest.mark.redis]


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": "new"}, "name", "new is an address of the portal itself. Choose another name."),
        ({"new_application": ""}, "new_application", "Choose an application, or give a new one a name."),
        ({"deadline_minutes": "2"}, "deadline_minutes", "choose 3 minutes or more."),
    ],
)
def test_the_first_field_that_is_wrong_has_the_focus_and_is_seen(
    olivia: Visitor, wrong: dict[str, str], field: str, sentence: str
) -> None:
    page = olivia.page
    page.goto("/c/acme/services/new/")
    page.set_viewport_size(PHONE)
    olivia.fill(**({"new_application": "Shop", "name": "shop"} | wrong))

    page.get_by_role("button", name="Register").click()

    expect(page.locator(f"main [name='{field}']")).to_be_focused()
    expect(page.get_by_text(sentence)).to_be_in_viewport()
