"""A person with a browser: pages are opened, forms filled in and sent."""

from typing import Any

import requests

from tests.configuration.page import Page

SECONDS = 30


class Refused(AssertionError):
    """The portal did not do what a person asked."""


class Visitor:
    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def log_in(self, email: str, password: str) -> requests.Response:
        return self.fill("/account/login/", login=email, password=password)

    def open(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=SECONDS)

    def press(self, path: str, /, **fields: str) -> requests.Response:
        """A button that is a form of its own."""
        token = self.session.cookies.get("csrftoken", "")
        headers = {"Referer": self.url + path}
        return self.session.post(
            self.url + path, {"csrfmiddlewaretoken": token, **fields}, headers=headers, timeout=SECONDS
        )

    def fill(self, path: str, /, **values: Any) -> requests.Response:
        """Opens the page, fills in the form that has these fields and sends it to the same address."""
        return self.submit(path, self.open(path), **values)

    def submit(self, path: str, page: requests.Response, /, **values: Any) -> requests.Response:
        """Fills in a form of a page that is open, and sends it to `path`."""
        forms = Page(page.text).forms
        form = next((each for each in forms if {one.name for one in each} & set(values)), [])
        return self.press(path, **{one.name: one.value for one in form if one.sent} | values)


def moved_on(response: requests.Response) -> requests.Response:
    """The page that a form led to; Refused, with the page's words, when the form was not accepted."""
    if not response.ok or not response.history:
        raise Refused(" ".join(" ".join(Page(response.text).words).split())[:2000] or response.text[:2000])
    return response
