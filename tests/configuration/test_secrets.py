"""Secrets: masked on every page, encrypted in the database, shown only by an audited reveal."""

import pytest
from django.db import connection

from deployments.models import ConfigurationChange, SecretKey
from portal.core.models import AuditEvent
from tests.factories import member

pytestmark = pytest.mark.consul
PAGES = ["configuration_keys", "configuration_history"]


@pytest.fixture
def saved(editor, bob, put):
    """A secret by its name, one by its mark, and what was saved of them."""
    put({"api_token": "hush-old"})
    return editor(bob).open().type(api_token="hush-new").add("smtp", "hush-smtp", secret=True).review().save()


@pytest.mark.parametrize("name", PAGES)
def test_no_page_shows_a_secret(saved, name):
    source = saved.client.get(saved.url(name)).content.decode()

    assert "••••••" in source or 'placeholder="Leave empty' in source
    assert "hush" not in source


def test_no_step_of_a_change_shows_a_secret(editor, bob, put):
    put({"api_token": "hush-old"})
    page = editor(bob).open()
    for step in (
        lambda: page.type(api_token="hush-new").add("smtp", "hush-smtp", secret=True).review(),
        page.back,
        page.review,
        lambda: page.save(""),
    ):
        step()
        assert "hush" not in page.source


def test_a_refused_form_keeps_the_secrets_of_its_lines_and_asks_for_new_ones_again(editor, bob, put, values):
    put({"api_token": "hush-old"})

    page = editor(bob).open().type(api_token="hush-new").add("smtp", "hush-smtp", secret=True).add("a b", "x").review()

    assert page.status == 422
    assert "hush" not in page.source
    assert "Type the secret again: secrets are never sent back to a page." in page.page.errors
    page.fill("new0-value", "hush-smtp").fill("new1-key", "ab").review().save()
    assert values() == {"ab": "x", "api_token": "hush-new", "smtp": "hush-smtp"}


def test_a_secret_left_empty_keeps_its_value(editor, bob, put, values):
    put({"api_token": "hush-old", "level": "info"})

    editor(bob).open().type(level="debug").review().save()

    assert values() == {"api_token": "hush-old", "level": "debug"}


def test_a_viewer_sees_values_but_no_secrets(editor, acme, saved, put):
    put({"level": "info"})
    page = editor(member(acme, "viewer")).open()

    assert "info" in page.text
    assert "hush" not in page.source
    assert "<textarea" not in page.source


def test_revealing_shows_the_value_once_and_is_audited(saved, bob):
    page = saved.press("configuration_reveal", key="smtp")

    assert "hush-smtp" in page.source
    assert "no-store" in page.response["Cache-Control"]
    (event,) = AuditEvent.objects.filter(action="configuration.revealed")
    assert (event.actor, event.after) == (bob, {"environment": "Development", "key": "smtp"})


def test_revealing_a_key_that_is_gone_says_so(saved):
    assert "There is no such key" in saved.press("configuration_reveal", key="absent").text


def test_values_are_encrypted_in_the_history(saved):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT before, after FROM {ConfigurationChange._meta.db_table}")
        stored = str(cursor.fetchall())

    assert ConfigurationChange.objects.get(key="smtp").after == "hush-smtp"
    assert "hush" not in stored


def test_a_key_marked_later_is_masked_with_its_past_until_it_is_shown_openly(editor, bob, consul):
    page = editor(bob).open().add("smtp", "hush").review().save()
    assert "hush" in page.source

    page.press("configuration_mark", key="smtp", secret="1")
    assert "hush" not in page.source
    page.press("configuration_mark", key="smtp", secret="0")
    assert "hush" in page.source

    actions = AuditEvent.objects.filter(action__startswith="configuration.").order_by("id")
    assert list(actions.values_list("action", flat=True)) == [
        "configuration.saved",
        "configuration.masked",
        "configuration.unmasked",
    ]


def test_a_new_secret_is_marked_for_good(saved):
    assert set(SecretKey.objects.values_list("key", flat=True)) == {"api_token", "smtp"}
