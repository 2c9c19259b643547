"""No secret in any audit event or log line: whatever goes through the one choke point comes out masked."""

import json
import logging
from io import StringIO

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from portal.core import audit
from portal.core.logs import configure, redact_event
from portal.core.models import AuditEvent
from portal.core.redaction import MASK, is_secret_name, redact
from tests import factories
from tests.callers import by

SECRET = "hunter2-wJalrXUtnFEMI"
KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"

SECRET_NAMES = [
    *("password", "DB_PASSWORD", "passwd", "secret", "client-secret", "SecretAccessKey", "aws_secret_access_key"),
    *("token", "CONSUL_HTTP_TOKEN", "apiKey", "api-key", "access_key", "private_key", "Authorization", "Set-Cookie"),
    "credentials",
]
# What holds a secret whatever it is called, and what must be left of it.
SHAPES = {
    f"{KEY_ID} was refused": f"{MASK} was refused",
    f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----\n": f"{MASK}\n",
    f"-----BEGIN PRIVATE KEY-----\n{SECRET}": MASK,
    f"GET /invitations/{SECRET}/": f"GET /invitations/{MASK}/",
    f"GET /account/password/reset/key/1-{SECRET}/": f"GET /account/password/reset/key/{MASK}/",
    f"redis://:{SECRET}@redis:6379/0 is away": f"redis://{MASK}@redis:6379/0 is away",
    f"postgres://portal:{SECRET}@db/portal": f"postgres://{MASK}@db/portal",
    f"Authorization: Bearer {SECRET}": f"Authorization: Bearer {MASK}",
    f"Authorization: Basic {SECRET}": f"Authorization: Basic {MASK}",
}
HARMLESS = [
    "arn:aws:iam::111111111111:role/in4it-portal",
    "https://portal.example/c/acme/services/api/?page=2",
    "Basic subscription",
    "TAKIAIOSFODNN7EXAMPLE",
    "",
    7,
    None,
    True,
]


@pytest.mark.parametrize("name", SECRET_NAMES)
@pytest.mark.parametrize("value", [SECRET, [SECRET], {"value": SECRET}, 4711])
def test_what_goes_under_a_secret_name_is_masked_whole(name, value):
    assert redact({"deep": [{name: value}]}) == {"deep": [{name: MASK}]}


@pytest.mark.parametrize("name", ["access_key_id", "name", "key", "author", "role", "AccessKeyId"])
def test_names_that_hold_no_secret_are_left(name):
    assert not is_secret_name(name)
    assert redact({name: "x"}) == {name: "x"}


@pytest.mark.parametrize(("text", "left"), SHAPES.items())
def test_what_looks_like_a_secret_is_masked_under_any_name(text, left):
    assert redact({"note": [text]}) == {"note": [left]}


@pytest.mark.parametrize("value", HARMLESS)
def test_the_rest_stays_as_it_is(value):
    assert redact({"note": value}) == {"note": value}


def test_whether_there_is_a_secret_is_no_secret():
    assert redact({"secret": True, "password": ""}) == {"secret": True, "password": ""}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(list(SHAPES)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SECRET_NAMES, "name", "value", "note"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_redaction_finds_secrets_at_any_depth_and_is_idempotent(value):
    once = redact({"secret_value": SECRET, "value": value})

    assert SECRET not in json.dumps(once)
    assert KEY_ID not in json.dumps(once)
    assert redact(once) == once


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_no_audit_event_holds_a_secret(acme, alice, name):
    audit.record("x.changed", acme, caller=by(alice), before={name: SECRET}, after={"note": [{name: SECRET}, *SHAPES]})

    written = json.dumps(list(AuditEvent.objects.values("before", "after")))
    assert SECRET not in written
    assert KEY_ID not in written


def test_an_event_carries_the_id_of_its_request(acme):
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        audit.record("x.changed", acme)

    event = AuditEvent.objects.get()
    assert (event.request_id, event.actor, event.actor_name) == ("r-1", None, "portal")


def test_every_field_of_a_log_line_is_redacted():
    line = redact_event(None, "info", {"event": f"key {KEY_ID}", "password": SECRET, "url": f"amqp://u:{SECRET}@h"})

    assert line == {"event": f"key {MASK}", "password": MASK, "url": f"amqp://{MASK}@h"}


@pytest.fixture(params=[True, False], ids=["json", "console"])
def lines(request):
    """What the site's own log handler writes."""
    formatter = dict(configure(json=request.param, level="INFO")["formatters"]["line"])
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(formatter.pop("()")(**formatter))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler.stream
    root.setLevel(level)
    root.removeHandler(handler)


def test_records_of_libraries_and_tracebacks_are_redacted_too(lines):
    error = ValueError(f"cannot reach redis://:{SECRET}@redis")

    logging.getLogger("library").error("with %s", KEY_ID, exc_info=error)

    assert SECRET not in lines.getvalue()
    assert KEY_ID not in lines.getvalue()
    assert "cannot reach" in lines.getvalue()


def test_the_log_of_a_request_does_not_hold_the_token_in_its_address(client, db, lines):
    client.get(f"/invitations/{SECRET}/")

    assert "GET /invitations/" in lines.getvalue()
    assert SECRET not in lines.getvalue()


def test_the_name_of_what_an_event_is_about_is_redacted_too(erin):
    ticket = factories.TicketFactory(subject="Login fails with AKIAIOSFODNN7EXAMPLE")

    audit.record("ticket.opened", ticket, caller=by(erin))

    assert AuditEvent.objects.get().target_name == f"#{ticket.pk} Login fails with ••••••"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("RuntimeError: password=hunter2 was refused", f"RuntimeError: password={MASK} was refused"),
        ("url=/x?a=1,token=abc", f"url=/x?a=1,token={MASK}"),
        ('detail: {"api_key":"abc"}', f'detail: {{"api_key":{MASK}'),
        ("arn:aws:secretsmanager:eu-west-1:1:x", "arn:aws:secretsmanager:eu-west-1:1:x"),
    ],
)
def test_a_named_secret_is_masked_behind_another_name_too(text, masked):
    assert redact(text) == masked
