"""Two editors of the same key, through the pages, against a real Consul: nothing is overwritten, nothing is lost."""

import pytest

from deployments.models import ConfigurationChange, ConfigurationSave

pytestmark = pytest.mark.consul


@pytest.fixture
def both(editor, alice, bob, put):
    """Alice and Bob have the page open; Alice saved first."""
    put({"level": "info", "size": "1"})
    first, second = editor(alice).open(), editor(bob).open()
    first.type(level="debug").review().save("Alice's reason")
    return second


def test_the_second_editor_sees_base_theirs_and_mine(both, values):
    page = both.type(level="error", size="2").review().save("Bob's reason")

    assert page.status == 422
    assert "Someone else changed level since you opened this page, so nothing was saved." in page.text
    assert [element.text for element in page.page.elements if "text-break" in element.css] == ["info", "error", "debug"]
    assert page.diffs == {"size": "- 1+ 2"}
    assert values() == {"level": "debug", "size": "1"}


def test_choosing_mine_saves_it_on_top_of_theirs(both, values):
    both.type(level="error", size="2").review().save("Bob's reason").choose("mine").save_choice()

    assert values() == {"level": "error", "size": "2"}
    change = ConfigurationChange.objects.filter(key="level").first()
    assert (change.before, change.after, change.configuration_save.reason) == ("debug", "error", "Bob's reason")


def test_choosing_theirs_saves_the_rest(both, values):
    both.type(level="error", size="2").review().save().choose("theirs").save_choice()

    assert values() == {"level": "debug", "size": "2"}


def test_choosing_theirs_for_everything_saves_nothing(both, values):
    page = both.type(level="error").review().save().choose("theirs").save_choice()

    assert "Nothing of yours was left to save" in page.source
    assert values() == {"level": "debug", "size": "1"}


def test_the_choice_has_to_be_made(both, values):
    page = both.type(level="error").review().save().save_choice()

    assert page.status == 422
    assert page.page.errors == ["This field is required."]
    page.choose("mine").save_choice()
    assert values()["level"] == "error"


def test_a_third_editor_between_conflict_and_choice_is_not_overwritten_either(both, editor, alice, values):
    page = both.type(level="error").review().save()
    editor(alice).open().type(level="trace").review().save()

    page = page.choose("mine").save_choice()

    assert page.status == 422
    assert [element.text for element in page.page.elements if "text-break" in element.css] == [
        "debug",
        "error",
        "trace",
    ]
    assert values()["level"] == "trace"


def test_a_refused_save_leaves_no_history_but_says_who_tried(both, bob):
    both.type(level="error").review().save()

    assert [change.configuration_save.reason for change in ConfigurationChange.objects.all()] == ["Alice's reason"]
    refused = ConfigurationSave.objects.get(state=ConfigurationSave.State.REFUSED)
    (step,) = refused.steps
    assert (step.from_state, step.to_state, step.actor_name) == ("saving", "refused", str(bob))
    assert str(step.reason).startswith("Someone else changed level since you opened this page")


def test_of_a_clash_about_a_secret_no_value_is_shown(editor, alice, bob, put, values):
    put({"api_token": "base-value"})
    first, second = editor(alice).open(), editor(bob).open()
    first.type(api_token="alice-value").review().save()

    page = second.type(api_token="bob-value").review().save()

    assert page.status == 422
    assert not any(value in page.source for value in ("base-value", "alice-value", "bob-value"))
    page.choose("mine").save_choice()
    assert values() == {"api_token": "bob-value"}


def test_a_key_deleted_meanwhile_can_be_written_again(editor, alice, bob, put, values):
    put({"level": "info"})
    first, second = editor(alice).open(), editor(bob).open()
    first.delete("level").review().save()

    second.type(level="debug").review().save().choose("mine").save_choice()

    assert values() == {"level": "debug"}


def test_a_key_added_by_both_is_a_clash(editor, alice, bob, consul, values):
    first, second = editor(alice).open(), editor(bob).open()
    first.add("level", "info").review().save()

    page = second.add("level", "debug").review().save()

    assert page.status == 422
    assert values() == {"level": "info"}
