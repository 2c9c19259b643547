"""The test looks into the database of the portal that runs beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

import environ
from django.conf import settings
from django.db import connections
from django.db.utils import ConnectionHandler


@contextmanager
def looking_into(url: str) -> Iterator[None]:
    """Models read and write the database at `url`, instead of the one of the tests."""
    own = connections["default"]
    wanted = environ.Env.db_url_config(url)
    if "sqlite" in wanted["ENGINE"]:
        wanted["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}
    connections["default"] = ConnectionHandler({"default": wanted | {"TIME_ZONE": None}})["default"]
    assert settings.USE_TZ
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = own
