"""Somebody at a browser: every page they look at is inspected, and what is wrong with it is remembered."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NEXT_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SERIOUS = {"serious", "critical"}
WORK = 120_000  # milliseconds in which workers have done what was asked
# A form that was filled in wrongly answers 422, which the browser reports as a resource that failed.
REFUSED_FORM = re.compile(r"status of 422")
MANY = 80  # presses of Tab, which is more than any page needs


class Visitor:
    """One person, with a browser window and cookies of their own."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.site = site
        self.context = browser.new_context(viewport=DESK, base_url=site, color_scheme="light", reduced_motion="reduce")
        self.page: Page = self.context.new_page()
        self.wrong: list[str] = []
        self.seen: list[str] = []
        self._answers: dict[str, int] = {}
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self._note(f"script error: {error}"))

    # What they do ---------------------------------------------------------------------------------------------------
    def log_in(self, email: str, password: str, then: str) -> None:
        self.open("/account/login/")
        self.fill(login=email, password=password)
        self.press("Log in", then=then)

    def open(self, path: str) -> None:
        """Goes to an address and looks at what is there."""
        answer = self.page.goto(path)
        if answer is None or answer.status >= 400:
            self._note(f"answers {answer.status if answer else 'nothing'}")
        self.look()

    def press(self, name: str, then: str) -> None:
        """Presses a button and looks at the page with the heading `then`."""
        self._leave_by(self.page.get_by_role("button", name=name, exact=True).first)
        self.arrive(then)

    def follow(self, name: str, then: str) -> None:
        """Follows a link of the page itself."""
        self._leave_by(self.page.get_by_role("main").get_by_role("link", name=name).first)
        self.arrive(then)

    def choose(self, entry: str) -> None:
        """Follows a line of the menu."""
        self._leave_by(self.page.get_by_role("navigation").get_by_role("link", name=entry, exact=True))
        self.arrive(entry)

    def _leave_by(self, way: Locator) -> None:
        """The next page may have the same heading as this one: what counts is that it is another document."""
        with self.page.expect_navigation():
            way.click()

    def arrive(self, heading: str) -> None:
        """Waits for the page with this heading and looks at it."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        self.look()

    def fill(self, **values: str) -> None:
        """Fields by their name in the form; what is selected by a part of its words."""
        for name, value in values.items():
            field = self.page.locator(f"main [name='{name}']")
            if field.first.get_attribute("type") == "radio":
                field.and_(self.page.locator(f"[value='{value}']")).check()
            elif field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(value=field.locator("option", has_text=value).first.get_attribute("value"))
            else:
                field.fill(value)

    def sees(self, text: str, milliseconds: int = 10_000) -> None:
        """The page says this, now or soon, by itself."""
        expect(self.page.get_by_role("main")).to_contain_text(text, timeout=milliseconds)

    def tab_to(self, target: Locator) -> None:
        """Reaches something with the Tab key alone."""
        for _ in range(MANY):
            self.page.keyboard.press("Tab")
            if target.evaluate("each => each === document.activeElement"):
                return
        raise AssertionError(f"{target} is not reached by the Tab key on {self._path()}")

    # What is wrong with the page ------------------------------------------------------------------------------------
    def look(self) -> None:
        """Inspects the page as it stands: by day at a desk, by night on a phone."""
        self.page.wait_for_load_state("networkidle")
        self.seen.append(self._path())
        self._check_accessibility("")
        with self._phone_at_night():
            self._check_accessibility("dark, on a phone: ")
            self._check_width()
        self._check_links()

    def _path(self) -> str:
        return self.page.url.removeprefix(self.site)

    def _note(self, what: str) -> None:
        complaint = f"{self._path()}: {what}"
        if complaint not in self.wrong:
            self.wrong.append(complaint)

    def _console(self, message: ConsoleMessage) -> None:
        """Errors of scripts, and everything the content security policy refused."""
        if message.type == "error" and not REFUSED_FORM.search(message.text):
            self._note(f"console: {message.text}")

    @contextmanager
    def _phone_at_night(self) -> Iterator[None]:
        self.page.emulate_media(color_scheme="dark")
        self.page.set_viewport_size(PHONE)
        self.page.evaluate(NEXT_FRAMES)  # scripts hear of the new size with the next frame
        yield
        self.page.set_viewport_size(DESK)
        self.page.emulate_media(color_scheme="light")

    def _check_accessibility(self, where: str) -> None:
        for violation in Axe().run(self.page).response["violations"]:
            if violation["impact"] in SERIOUS:
                nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
                self._note(f"{where}{violation['id']}: {violation['help']}: {nodes}")

    def _check_width(self) -> None:
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            self._note(f"is {width} px wide on a phone of {PHONE['width']} px")

    def _check_links(self) -> None:
        here = self.page.url.partition("#")[0]
        targets = self.page.eval_on_selector_all("a[href]", "all => all.map(each => each.getAttribute('href'))")
        for target in sorted(set(targets)):
            url, _, anchor = urljoin(self.page.url, target).partition("#")
            if url == here and anchor and not self.page.locator(f"[id='{anchor}']").count():
                self._note(f"nothing has the id of the link {target}")
            elif urlsplit(url).netloc == urlsplit(self.site).netloc and self._answer(url) >= 400:
                self._note(f"the link {target} answers {self._answer(url)}")

    def _answer(self, url: str) -> int:
        """The status of an address for this person; asked once."""
        if url not in self._answers:
            self._answers[url] = self.context.request.get(url).status
        return self._answers[url]
