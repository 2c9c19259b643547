"""Somebody editing configuration through the pages: forms are filled in and sent as a browser without script does."""

from typing import Any

from django.test import Client
from django.urls import reverse

from deployments.configuration.selectors import Place
from tests.configuration.page import Field, Page


class Editor:
    def __init__(self, client: Client, place: Place) -> None:
        self.client = client
        self.names = [place.customer.slug, place.service.name, place.environment.slug]
        self.response: Any = None
        self.page = Page("")

    def url(self, name: str) -> str:
        return reverse(name, args=self.names)

    def open(self, **query: str) -> "Editor":
        return self._show(self.client.get(self.url("configuration_keys"), query))

    def type(self, **values: str) -> "Editor":
        """Fills in the fields of these keys."""
        for key, value in values.items():
            self._labelled(f"Value of {key}").value = value
        return self

    def delete(self, key: str) -> "Editor":
        self._labelled(f"Delete {key}").checked = True
        return self

    def add(self, key: str, value: str, *, secret: bool = False) -> "Editor":
        """Fills in the first empty room."""
        room = next(
            one.name.removesuffix("-key") for one in self.page.fields if one.name.endswith("-key") and not one.value
        )
        self._named(f"{room}-key").value = key
        self._named(f"{room}-value").value = value
        self._named(f"{room}-secret").checked = secret
        return self

    def fill(self, name: str, value: str) -> "Editor":
        """Fills in one field by its name."""
        self._named(name).value = value
        return self

    def choose(self, *choices: str) -> "Editor":
        """Mine or theirs, for each clashing key in turn."""
        for number, choice in enumerate(choices):
            for one in self.page.fields:
                if one.name == f"choice{number}":
                    one.checked = one.value == choice
        return self

    def review(self) -> "Editor":
        return self._send("configuration_review")

    def back(self) -> "Editor":
        return self._send("configuration_edit")

    def save(self, reason: str = "As asked") -> "Editor":
        self._named("reason").value = reason
        return self._send("configuration_save")

    def save_choice(self) -> "Editor":
        return self._send("configuration_resolve")

    def press(self, name: str, **fields: str) -> "Editor":
        return self._show(self.client.post(self.url(name), fields))

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def text(self) -> str:
        """The words of the page."""
        return " ".join(" ".join(self.page.words).split())

    @property
    def source(self) -> str:
        return self.response.content.decode()

    @property
    def diffs(self) -> dict[str, str]:
        labelled = {one.label: one.text for one in self.page.elements if one.label.startswith("Change of ")}
        return {label.removeprefix("Change of "): text for label, text in labelled.items()}

    def typed(self, key: str) -> str:
        return self._labelled(f"Value of {key}").value

    def _labelled(self, label: str) -> Field:
        return next(one for one in self.page.fields if one.label == label)

    def _named(self, name: str) -> Field:
        return next(one for one in self.page.fields if one.name == name)

    def _send(self, name: str) -> "Editor":
        fields = {
            one.name: one.value.replace("\r\n", "\n").replace("\n", "\r\n") for one in self.page.fields if one.sent
        }
        return self._show(self.client.post(self.url(name), fields))

    def _show(self, response: Any) -> "Editor":
        self.response = response
        if response.status_code == 302:
            self.response = self.client.get(response["Location"])
        self.page = Page(self.source)
        return self
