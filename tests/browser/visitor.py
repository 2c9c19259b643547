"""Somebody at a browser: every page they look at is inspected, and what is wrong with it is remembered."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
SERIOUS = {"serious", "critical"}
PATIENCE = 120_000  # milliseconds for what workers do
# A form that was filled in wrongly answers 422, which the browser reports as a resource that failed.
_REFUSED_FORM = re.compile(r"status of 422")


class Visitor:
    """One person, logged in, with a browser window and cookies of their own."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.site = site
        self.context = browser.new_context(viewport=DESK, base_url=site, color_scheme="light", reduced_motion="reduce")
        self.page: Page = self.context.new_page()
        self.wrong: list[str] = []
        self.seen: list[str] = []
        self._answers: dict[str, int] = {}
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self._note(f"script error: {error}"))

    def log_in(self, email: str, password: str) -> None:
        self.open("/account/login/")
        self.fill(login=email, password=password)
        self.press("Log in")

    def open(self, path: str) -> None:
        """Goes to an address and looks at what is there."""
        answer = self.page.goto(path)
        if answer is None or answer.status >= 400:
            self._note(f"answers {answer.status if answer else 'nothing'}")
        self.look()

    def press(self, name: str, role: Any = "button") -> None:
        """Presses the button (or link) of this name and looks at the page it leads to."""
        self.page.get_by_role(role, name=name, exact=True).first.click()
        self.look()

    def follow(self, name: str) -> None:
        self.press(name, "link")

    def fill(self, **values: str) -> None:
        """Fields by their name in the form."""
        for name, value in values.items():
            field = self.page.locator(f"main [name={name}]")
            if field.first.get_attribute("type") == "radio":
                self.page.locator(f"main [name={name}][value={value}]").check()
            elif field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)

    def sees(self, text: str, milliseconds: int = 10_000) -> None:
        expect(self.page.locator("main")).to_contain_text(text, timeout=milliseconds)

    def main(self, selector: str) -> Locator:
        return self.page.locator(f"main {selector}")

    # What is wrong with the page --------------------------------------------------------------------------------
    def look(self) -> None:
        """Inspects the page as it stands, in light and dark, at a desk and on a phone."""
        self.page.wait_for_load_state("networkidle")
        self.seen.append(self._path())
        self._check_accessibility({"resultTypes": ["violations"]})
        with self._dark():
            self._check_accessibility({"resultTypes": ["violations"], "runOnly": ["color-contrast"]}, "in the dark: ")
        self._check_width()
        self._check_links()

    def _path(self) -> str:
        return self.page.url.removeprefix(self.site)

    def _note(self, what: str) -> None:
        complaint = f"{self._path()}: {what}"
        if complaint not in self.wrong:
            self.wrong.append(complaint)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _REFUSED_FORM.search(message.text):
            self._note(f"console: {message.text}")

    @contextmanager
    def _dark(self) -> Iterator[None]:
        self.page.emulate_media(color_scheme="dark")
        yield
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def _check_accessibility(self, options: dict[str, Any], where: str = "") -> None:
        found = Axe().run(self.page, options=options).response["violations"]
        for violation in found:
            if violation["impact"] in SERIOUS:
                nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
                self._note(f"{where}{violation['id']}: {violation['help']}: {nodes}")

    def _check_width(self) -> None:
        """On a phone nothing stands beside the screen but what scrolls by itself."""
        self.page.set_viewport_size(PHONE)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.set_viewport_size(DESK)
        if width > PHONE["width"]:
            self._note(f"is {width} px wide on a phone of {PHONE['width']} px")

    def _check_links(self) -> None:
        targets = self.page.eval_on_selector_all("a[href]", "all => all.map(each => each.getAttribute('href'))")
        for target in sorted(set(targets)):
            url, _, anchor = urljoin(self.page.url, target).partition("#")
            if url == self.page.url.partition("#")[0]:
                if anchor and not self.page.locator(f"[id='{anchor}']").count():
                    self._note(f"nothing has the id of the link {target}")
            elif urlsplit(url).netloc == urlsplit(self.site).netloc and self._answer(url) >= 400:
                self._note(f"the link {target} answers {self._answer(url)}")

    def _answer(self, url: str) -> int:
        if url not in self._answers:
            self._answers[url] = self.context.request.get(url).status
        return self._answers[url]
