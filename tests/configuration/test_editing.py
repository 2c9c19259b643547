"""Editing through the pages, against a real Consul."""

import json

import pytest
import requests

from deployments.models import ConfigurationChange
from portal.core.models import AuditEvent

pytestmark = pytest.mark.consul


def history() -> list[tuple[str, str, str, str, str]]:
    rows = ConfigurationChange.objects.order_by("key")
    return [(row.key, row.action, row.before, row.after, row.configuration_save.state) for row in rows]


def test_keys_are_added_changed_and_deleted_in_one_save(editor, bob, put, values):
    put({"level": "info", "old": "x", "kept": "same"})

    page = editor(bob).open().type(level="debug").delete("old").add("database/host", "db.internal").review()

    assert page.status == 200
    assert values() == {"kept": "same", "level": "info", "old": "x"}  # nothing happened yet
    page.save("Find the slow query")
    assert "Saved 3 changes." in page.source
    assert values() == {"database/host": "db.internal", "kept": "same", "level": "debug"}


def test_the_review_shows_only_what_changes_line_by_line(editor, bob, put):
    put({"level": "info", "kept": "same", "hosts": "a\nb\nc"})

    page = editor(bob).open().type(level="debug", hosts="a\nB\nc").review()

    assert page.diffs == {"hosts": "  a- b+ B  c", "level": "- info+ debug"}


def test_a_save_stands_in_the_history_and_the_audit_log(editor, bob, put, place):
    put({"level": "info"})

    editor(bob).open().type(level="debug").add("new", "1").review().save("Find the slow query")

    assert history() == [("level", "change", "info", "debug", "saved"), ("new", "add", "", "1", "saved")]
    (event,) = AuditEvent.objects.filter(action="configuration.saved")
    assert (event.actor, event.target_name) == (bob, place.service.name)
    assert event.after == {
        "state": "saved",
        "environment": "Development",
        "reason": {"code": "said", "facts": {"text": "Find the slow query"}},
        "keys": ["Changed level", "Added new"],
    }


def test_a_reason_is_required_and_nothing_typed_is_lost_without_one(editor, bob, put, values):
    put({"level": "info"})

    page = editor(bob).open().type(level="debug").review().save("")

    assert page.status == 422
    assert values() == {"level": "info"}
    page.save("Now with a reason")
    assert values() == {"level": "debug"}


def test_back_from_the_review_the_fields_hold_what_was_typed(editor, bob, put, values):
    put({"level": "info", "api_token": "s3cr3t"})

    page = editor(bob).open().type(level="debug", api_token="n3w").add("size", "1").review().back()

    assert (page.typed("level"), page.typed("size"), page.typed("api_token")) == ("debug", "1", "")
    page.type(size="2").review().save()
    assert values() == {"api_token": "n3w", "level": "debug", "size": "2"}


def test_values_keep_their_lines_and_spaces(editor, bob, put, values):
    put({"windows": "a\r\nb", "text": "\n  first\nsecond \n"})

    page = editor(bob).open().review()
    assert page.status == 422
    assert "Nothing was changed yet" in page.text

    page.type(text=page.typed("text") + "third").review().save()
    assert values() == {"windows": "a\r\nb", "text": "\n  first\nsecond \nthird"}


def test_an_empty_value_can_be_saved(editor, bob, put, values):
    put({"level": "info"})

    editor(bob).open().type(level="").add("empty", "").review().save()

    assert values() == {"empty": "", "level": ""}


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("../other/level", "has a part that is only dots"),
        ("a b", "has a character that is not allowed"),
        ("/a", "has an empty part"),
        ("k" * 512, "is too long"),
    ],
)
def test_a_key_that_breaks_the_rules_is_refused_at_its_field(editor, bob, consul, values, key, sentence):
    page = editor(bob).open().add(key, "x").review()

    assert page.status == 422
    (error,) = page.page.errors
    assert sentence in error
    assert values() == {}


def test_a_value_without_a_key_and_a_key_given_twice_are_refused_at_their_fields(editor, bob, put):
    put({"level": "info"})

    page = editor(bob).open().add("level", "x").add("new", "1").add("new", "2").review()
    assert page.page.errors == ["This key is on this page already: change it there."] * 2

    page = editor(bob).open().fill("new0-value", "x").review()
    assert page.page.errors == ["This value needs a key, for example database/host."]


def test_a_value_that_is_too_large_is_refused_at_its_field(editor, bob, consul):
    page = editor(bob).open().add("big", "x" * (512 * 1024 + 1)).review()

    assert page.status == 422
    assert page.page.errors == ["This is too large: 524,289 bytes, and Consul holds 524,288."]


def test_a_key_that_breaks_the_rules_and_was_there_before_is_refused_where_it_is_changed(
    editor, bob, put, consul_url, place
):
    put({"level": "info"})
    requests.put(f"{consul_url}/v1/kv/{place.prefix}my%20key", data="x", timeout=3).raise_for_status()

    page = editor(bob).open().type(level="debug").fill("line1-value", "y").review()

    assert page.status == 422
    (error,) = page.page.errors
    assert error.startswith("The key 'my key' has a character that is not allowed")
    page.fill("line1-value", "x").review()
    assert page.diffs == {"level": "- info+ debug"}


def test_changes_that_are_too_large_together_are_refused_and_leave_no_history(editor, bob, consul, values):
    page = editor(bob).open().add("big", "x" * 400_000).review().save()

    assert page.status == 422
    assert "too large to save together" in page.text
    assert (values(), history()) == ({}, [])


def test_a_large_value_has_a_page_of_its_own(editor, bob, put, values):
    put({"big": "x" * 300_000, "level": "info"})

    assert "Edit it alone" in editor(bob).open().text
    editor(bob).open(only="big").type(big="y" * 300_000).review().save()

    assert values() == {"big": "y" * 300_000, "level": "info"}


def test_what_is_not_text_can_only_be_looked_at(editor, bob, put, consul_url, place):
    requests.put(f"{consul_url}/v1/kv/{place.prefix}logo", data=b"\xff\xfe\x00", timeout=3).raise_for_status()
    put({"bell": "a\x07b"})

    page = editor(bob).open()

    assert "//4A" in page.text
    assert "shown as base64" in page.text
    assert "Holds control characters" in page.text
    assert page.page.labels == []


def test_keys_stand_by_folder_and_are_found_by_name(editor, bob, put):
    put({"database/host": "db", "database/port": "5432", "level": "info"})

    page = editor(bob).open()
    assert page.page.labels == ["level", "database/host", "database/port"]
    assert page.text.index("level") < page.text.index("database/") < page.text.index("host") < page.text.index("port")

    assert editor(bob).open(q="port").page.labels == ["database/port"]


def test_many_keys_come_in_pages(editor, bob, put, settings):
    settings.PAGE_SIZE = 10
    put({f"key{number:02}": "x" for number in range(25)})

    page = editor(bob).open(page="3")

    assert page.page.labels == [f"key{number}" for number in range(20, 25)]


def test_a_form_of_somebody_else_or_of_another_page_is_refused(editor, alice, bob, put, values):
    put({"level": "info"})
    theirs = editor(alice).open().type(level="debug")

    mine = editor(bob).open()
    mine.page = theirs.page
    mine.review()

    assert mine.status == 422
    assert "This form is no longer valid." in mine.source
    assert editor(bob).press("configuration_save", draft="nonsense", reason="x").status == 422
    assert values() == {"level": "info"}


def test_reloading_a_step_by_its_address_leads_back_to_the_keys(editor, bob, consul, keys_url):
    client = editor(bob).client

    assert client.get(editor(bob).url("configuration_save"))["Location"] == keys_url


def test_no_secret_reaches_a_log_line_or_the_audit_log(editor, bob, put, caplog):
    put({"api_token": "s3cr3t-old"})
    caplog.set_level("DEBUG")

    page = editor(bob).open().type(api_token="s3cr3t-new").add("smtp", "s3cr3t-too", secret=True).review().save()
    page.press("configuration_reveal", key="api_token")

    written = caplog.text + json.dumps([[event.before, event.after] for event in AuditEvent.objects.all()])
    assert "s3cr3t" not in written
