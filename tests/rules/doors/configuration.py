"""What is refused about a service's configuration."""

from typing import Any

import responses

from deployments.configuration import services
from deployments.configuration.drafts import Draft, Line
from deployments.configuration.forms import ReasonForm, Sheet
from deployments.configuration.selectors import Place
from portal.accounts.models import User
from tests import factories
from tests.callers import by
from tests.rules.table import Door, Values

CONSUL = "http://consul.test:8500"
TOO_LARGE = "x" * (512 * 1024 + 1)


def _world() -> tuple[Place, User]:
    service = factories.ServiceFactory.create(name="shop")
    environment = factories.EnvironmentFactory.create(
        customer=service.customer, account=service.account, consul_url=CONSUL
    )
    return Place(service.customer, service, environment), factories.member(service.customer, "developer")


class _Pages:
    """Both pages that somebody fills in, as one form: the keys, and the reason."""

    def __init__(self, place: Place, values: Values) -> None:
        filled = {f"new{at}-{name}": text for at, given in enumerate(values["keys"]) for name, text in given.items()}
        self.sheet = Sheet(Draft(()), place.prefix, rooms=len(values["keys"]), data=filled)
        self.sheet.draft()
        self.reason = ReasonForm({"reason": values["reason"]})

    @property
    def errors(self) -> dict[str, list[str]]:
        """What they say, by the names that the service has for their fields."""
        said = {
            f"changes.{at}.{name}": told for at, form in enumerate(self.sheet.new) for name, told in form.errors.items()
        }
        above = {"__all__": [self.sheet.error]} if self.sheet.error else {}
        return {**said, **above, **self.reason.errors}


def _form(world: tuple[Place, User], values: Values) -> Any:
    return _Pages(world[0], values)


def _save(world: tuple[Place, User], values: Values) -> None:
    place, author = world
    lines = tuple(Line(given["key"], None, 0, secret=False, wish=given["value"]) for given in values["keys"])
    with responses.RequestsMock(assert_all_requests_are_fired=False) as consul:
        consul.put(f"{CONSUL}/v1/txn", json={"Results": [], "Errors": None})
        services.save(place, by(author), Draft(lines), values["reason"])


def _keys(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"keys": [{"key": key, "value": value} for key, value in pairs]}


DOORS = [
    Door(
        name="configuration.save",
        world=_world,
        form=_form,
        service=_save,
        good={"reason": "As asked", **_keys(("database/host", "db.internal"), ("empty", ""))},
        bad=(
            {"reason": ""},
            {"reason": "   "},
            {"reason": "r" * 301},
            {"reason": "a\0b"},
            _keys(),
            _keys(("", "a value alone")),
            _keys(("../other/level", "x")),
            _keys(("a b", "x")),
            _keys(("café", "x")),
            _keys(("/a", "x")),
            _keys(("a//b", "x")),
            _keys(("a/", "x")),
            _keys(("a\0b", "x")),
            _keys(("k" * 512, "x")),
            _keys(("k" * 513, "x")),
            _keys(("level", "a\0b")),
            _keys(("level", TOO_LARGE)),
            _keys(("a b", TOO_LARGE)),
            _keys(("level", "x"), ("level", "y")),
            _keys(("good", "x"), ("a b", "y"), ("", "z")),
            {"reason": "", **_keys(("a b", "x"))},
        ),
    ),
]
