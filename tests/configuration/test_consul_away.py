"""Consul is away, slow, not set up, or answered and nobody heard it."""

import socket
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.configuration import selectors, services
from deployments.configuration.drafts import Draft, Line
from deployments.consul import Change, Entry, Snapshot
from deployments.models import ConfigurationChange, ConfigurationSave
from portal.core.models import AuditEvent
from portal.core.sentences import said
from tests import factories
from tests.callers import by
from tests.conftest import free_port

State = ConfigurationSave.State


def saved(place, bob, *, change=None, **fields) -> ConfigurationSave:
    """A save of bob's, written down with one change."""
    row = factories.ConfigurationSaveFactory(**place.where, author=bob, **fields)
    factories.ConfigurationChangeFactory(configuration_save=row, **(change or {}))
    return row


def draft(index: int, wish: str = "debug") -> Draft:
    return Draft((Line("level", "info", index, secret=False, wish=wish),))


def an_hour_ago():
    return timezone.now() - timedelta(hours=1)


def states() -> list[str]:
    return list(ConfigurationSave.objects.order_by("id").values_list("state", flat=True))


def test_without_a_consul_the_page_says_what_to_do_and_shows_the_history(editor, bob, place, settings):
    settings.CONSUL_URL = ""
    saved(place, bob)

    page = editor(bob).open()

    assert page.status == 200
    assert "This portal is not connected to a Consul yet" in page.text
    assert "Find it" in page.text


def test_a_consul_that_is_away_is_said_with_the_history_still_there(editor, bob, place, settings):
    settings.CONSUL_URL = f"http://127.0.0.1:{free_port()}"
    saved(place, bob)

    page = editor(bob).open()

    assert "cannot be reached" in page.text
    assert "Nothing can be read or saved until it answers again." in page.text
    assert "Find it" in page.text


def test_a_consul_that_is_silent_holds_the_page_for_three_seconds_at_most(editor, bob, place, settings, monkeypatch):
    monkeypatch.setattr(services, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CONSUL_URL = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()

        assert "did not answer in time" in editor(bob).open().text
        assert time.monotonic() - started < 2


@pytest.mark.consul
def test_a_save_that_consul_does_not_answer_keeps_what_was_typed_and_can_be_repeated(
    editor, bob, put, values, settings, consul_url
):
    put({"level": "info"})
    page = editor(bob).open().type(level="debug").review()

    settings.CONSUL_URL = f"http://127.0.0.1:{free_port()}"
    page.save("Find it")
    assert page.status == 422
    assert "saving again does no harm" in page.text
    assert states() == [State.SAVING]

    settings.CONSUL_URL = consul_url
    page.save("Find it")
    assert values() == {"level": "debug"}
    assert states() == [State.SAVED]


@pytest.mark.consul
def test_a_reason_corrected_before_a_save_is_repeated_is_the_one_that_is_kept(editor, bob, put, settings, consul_url):
    put({"level": "info"})
    page = editor(bob).open().type(level="debug").review()
    settings.CONSUL_URL = f"http://127.0.0.1:{free_port()}"
    page.save("Fnid it")

    settings.CONSUL_URL = consul_url
    page.save("Find it")

    assert ConfigurationSave.objects.get().reason == "Find it"
    assert AuditEvent.objects.get(action="configuration.saved").after["reason"] == said("Find it").as_json()


@pytest.mark.consul
def test_saving_the_same_draft_twice_saves_it_once(editor, bob, put, values):
    put({"level": "info"})
    page = editor(bob).open().type(level="debug").review()
    form = page.page

    page.save()
    page.page = form
    page.save()

    assert "Saved 1 change." in page.source
    assert states() == [State.SAVED]
    assert AuditEvent.objects.filter(action="configuration.saved").count() == 1


@pytest.mark.consul
def test_a_repeated_save_whose_first_try_was_heard_after_all_is_no_conflict(consul, put, place, bob):
    put({"level": "info"})
    index = consul.read(place.prefix).get("level").modify_index
    mine = draft(index)
    saved(place, bob, state=State.SAVING, save_id=mine.save_id, change={"base_index": index})
    consul.save(place.prefix, [Change("level", "debug", index)])  # the answer to this got lost

    services.save(place, by(bob), mine, "Find it")

    assert states() == [State.SAVED]


@pytest.mark.consul
@pytest.mark.parametrize(
    ("in_consul", "expected"),
    [("debug", State.SAVED), ("info", State.REFUSED), ("trace", State.UNKNOWN)],
    ids=["it arrived", "it did not arrive", "somebody changed the key since"],
)
def test_a_save_cut_off_by_a_crash_is_decided_by_what_stands_in_consul(
    consul, put, place, bob, editor, in_consul, expected
):
    put({"level": "info"})
    index = consul.read(place.prefix).get("level").modify_index
    saved(place, bob, state=State.SAVING, at=an_hour_ago(), change={"base_index": index})
    if in_consul != "info":
        put({"level": in_consul})

    editor(bob).open()

    assert states() == [expected]
    assert ConfigurationChange.objects.exists() is (expected != State.REFUSED)
    assert AuditEvent.objects.filter(action="configuration.saved").exists() is (expected == State.SAVED)
    assert [step.to_state for step in ConfigurationSave.objects.get().steps] == [expected]


@pytest.mark.consul
def test_a_deletion_cut_off_by_a_crash_is_found_done(consul, put, place, bob, editor):
    put({"level": "info"})
    index = consul.read(place.prefix).get("level").modify_index
    deletion = {"action": "delete", "after": "", "base_index": index}
    saved(place, bob, state=State.SAVING, at=an_hour_ago(), change=deletion)
    consul.save(place.prefix, [Change("level", None, index)])

    editor(bob).open()

    assert states() == [State.SAVED]


@pytest.mark.consul
def test_a_save_that_just_began_is_left_alone(put, place, bob, editor):
    put({"level": "info"})
    saved(place, bob, state=State.SAVING, change={"base_index": 1})

    page = editor(bob).open()

    assert states() == [State.SAVING]
    assert "Being saved" in page.text


def moves(row: ConfigurationSave) -> list[tuple[str, str]]:
    return [(step.from_state, step.to_state) for step in row.steps]


@pytest.mark.consul
def test_a_refused_save_can_be_tried_again_with_the_same_draft(consul, put, place, bob, values):
    put({"level": "info", "size": "1"})
    mine = draft(consul.read(place.prefix).get("level").modify_index + 1_000_000)
    with pytest.raises(services.Clashed):
        services.save(place, by(bob), mine, "Too early")
    right = Draft(draft(consul.read(place.prefix).get("level").modify_index).lines, save_id=mine.save_id)

    services.save(place, by(bob), right, "Now")

    row = ConfigurationSave.objects.get()
    assert moves(row) == [("saving", "refused"), ("refused", "saving"), ("saving", "saved")]
    assert (row.reason, [change.after for change in row.changes.all()]) == ("Now", ["debug"])
    assert values()["level"] == "debug"
    assert list(AuditEvent.objects.order_by("id").values_list("action", "target_name")) == [
        ("configuration.refused", place.service.name),
        ("configuration.tried_again", place.service.name),
        ("configuration.saved", place.service.name),
    ]


@pytest.mark.consul
def test_a_save_of_unknown_end_that_is_repeated_and_answered_is_saved(consul, put, place, bob):
    put({"level": "info"})
    index = consul.read(place.prefix).get("level").modify_index
    mine = draft(index)
    row = saved(place, bob, state=State.UNKNOWN, save_id=mine.save_id, change={"base_index": index})

    services.save(place, by(bob), mine, "Find it")

    assert states() == [State.SAVED]
    assert moves(row) == [("unknown", "saved")]


@pytest.mark.consul
def test_a_save_of_unknown_end_stays_in_the_history_when_it_is_refused(consul, put, place, bob):
    put({"level": "trace"})
    mine = draft(1)
    row = saved(place, bob, state=State.UNKNOWN, save_id=mine.save_id, change={"base_index": 1})

    with pytest.raises(services.Clashed):
        services.save(place, by(bob), mine, "Find it")

    assert states() == [State.UNKNOWN]
    assert (row.changes.count(), moves(row)) == (1, [])


def test_a_save_tried_again_while_its_earlier_try_is_decided_is_left_to_the_new_try(place, bob, monkeypatch):
    """A page found the earlier try undone, and just then the new one was written down."""
    earlier = saved(place, bob, state=State.SAVING, at=an_hour_ago(), change={"base_index": 7})
    ConfigurationSave.objects.filter(pk=earlier.pk).update(at=timezone.now())
    monkeypatch.setattr(selectors, "unsettled", lambda *_: [earlier])

    services.settle(place, Snapshot((Entry("level", "info", base64=False, modify_index=7),)))

    assert (states(), earlier.changes.count()) == ([State.SAVING], 1)
