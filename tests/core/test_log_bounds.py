"""What strangers can make the portal log is bounded, whatever they send."""

import json
import logging
import time
from io import StringIO

import pytest
import structlog

from portal.core.logs import configure

MOST = 6_000  # characters of one line, with all its fields


@pytest.fixture
def lines():
    """What the site's own log handler writes, as JSON."""
    formatter = dict(configure(json=True, level="INFO")["formatters"]["line"])
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(formatter.pop("()")(**formatter))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in handler.stream.getvalue().splitlines()]
    root.setLevel(level)
    root.removeHandler(handler)


def test_the_browsers_name_and_the_address_of_a_request_are_cut(client, db, lines):
    client.get("/account/login/", {"next": "b" * 4_000}, headers={"User-Agent": "a" * 8_000})

    started = next(line for line in lines() if line["event"] == "request_started")
    assert started["user_agent"] == "a" * 200 + "…"
    address = "GET /account/login/?next="
    assert started["request"] == address + "b" * (500 - len(address)) + "…"


@pytest.mark.parametrize("path", ["/" + "a" * 60_000, "/a-b." * 12_000, "/invitations/" * 4_000])
def test_no_line_about_a_request_is_long(client, db, lines, path):
    started = time.process_time()
    client.get(path, headers={"X-Request-ID": "i" * 60_000, "User-Agent": "=" * 60_000})

    assert time.process_time() - started < 5
    written = lines()
    assert {line["event"].partition(":")[0] for line in written} == {"request_started", "request_finished", "Not Found"}
    assert max(len(json.dumps(line, ensure_ascii=False)) for line in written) < MOST


def test_what_libraries_say_is_cut_and_what_they_raise_is_not(lines):
    error = ValueError("b" * 9_000)

    logging.getLogger("library").error("a" * 9_000, exc_info=error)

    (line,) = lines()
    assert line["event"] == "a" * 4_000 + "…"
    assert "b" * 9_000 in line["exception"]


def test_fields_that_hold_no_text_stay(lines):
    structlog.get_logger("portal").info("counted", user_agent=None, request=7)

    (line,) = lines()
    assert (line["user_agent"], line["request"]) == (None, 7)
