"""Redaction takes time in proportion to its text, which strangers and dying containers choose."""

import time

import pytest

from portal.core.redaction import MASK, redact, shortened

LENGTH = 200_000
SECONDS = 1  # a tenth of it is enough; what grows with the square of the text takes minutes
KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"

# Each is repeated up to LENGTH.
REPEATED = {
    "one long word": "a",
    "one long word in capitals": "A",
    "one long word of other letters": "é",
    "a word with dots": "a.",
    "a word with dashes": "a-b-",
    "dashes": "-",
    "equals signs": "=",
    "colons": ":",
    "double quotes": '"',
    "single quotes": "'",
    "names without values": "name= ",
    "names with quotes and no sign": 'name"',
    "secret names": "password",
    "beginnings of key ids": "AKIA",
    "key ids in a row": KEY_ID,
    "keys that begin and do not end": "-----BEGIN PRIVATE KEY-----",
    "beginnings of keys": "-----BEGIN ",
    "keys without their dashes": "-----BEGIN RSA PRIVATE KEY",
    "keys whose end is another's": "-----BEGIN PRIVATE KEY-----\n-----END ",
    "addresses": "://",
    "addresses with names": "://name:",
    "addresses with passwords": "://name:word@",
    "addresses with passwords, parted": "://name:word@ ",
    "addresses that end before the at": "://name:word ",
    "invitations": "/invitations/",
    "invitations, parted": "/invitations/ ",
    "resets": "/password/reset/key/",
    "nested JSON": '{"a":[',
    "JSON with spaces": '{"a" : "b", ',
    "white space of all kinds": "a =\t \n\r\x0b\x0c\u2028\u00a0",
    "bearers": "Bearer ",
    "basic": "Authorization: Basic ",
    "signs that are refused": "name: Basic ",
}
# What a repeated piece cannot show: one long run with something before or after it.
RUNS = {
    "an address of colons": "://" + ":" * LENGTH,
    "an address of one long name": "://" + "a" * LENGTH,
    "a label of a key that does not end": "-----BEGIN " + "A" * LENGTH,
    "a label that almost ends": "-----BEGIN " + "PRIVATE KEY" * (LENGTH // 11),
    "a key with beginnings of its end": "-----BEGIN PRIVATE KEY-----" + "-----END " * (LENGTH // 9),
    "a value that never comes": "name=" + " " * LENGTH,
    "a value after much white space": "name=" + "\n" * LENGTH + "x",
    "a value that is refused after much white space": "name:" + " " * LENGTH + "Basic x",
    "a word before a quote": "a" * LENGTH + '"',
    "spaces alone": " " * LENGTH,
}
HOSTILE = {name: piece * (LENGTH // len(piece)) for name, piece in REPEATED.items()} | RUNS


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_redacted_in_no_time(text):
    started = time.process_time()

    redact(text)

    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("text", ["a" * 5_000, "a-b." * 2_000, "=" * 5_000, "-" * 5_000])
def test_a_secret_behind_hostile_text_is_found(text):
    assert redact(f"{text} password=hunter2 {KEY_ID}") == f"{text} password={MASK} {MASK}"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("db.password=x", f"db.password={MASK}"),
        ("-password: x", f"-password: {MASK}"),
        ('"token":  "x"', f'"token":  {MASK}'),
        ("xpassword=1 apikey:2", f"xpassword={MASK} apikey:{MASK}"),
        ("authorization: Bearer 12345678", f"authorization: Bearer {MASK}"),
    ],
)
def test_a_name_is_taken_whole(text, left):
    assert redact(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("short enough", "short enough"),
        ("just twelve!", "just twelve!"),
        ("one more than twelve", "one more…"),
        ("abcdefghijklm", "abcdefghijkl…"),  # one word
        ("GET /abcdefghijklm", "GET /abcdefg…"),  # half of it would be lost
        ("", ""),
    ],
)
def test_what_is_too_long_ends_with_a_whole_word_where_little_is_lost(text, left):
    assert shortened(text, 12) == left


def test_a_cut_leaves_no_half_of_a_secret_that_nothing_would_recognise():
    line = f"{'all went well until now ' * 3}postgres://portal:hunter2@db is away"

    assert "hunter2" not in redact(shortened(line, line.index("@")))
