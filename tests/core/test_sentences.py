"""Sentences as data: a code with facts, said in words when they are read."""

import json

import pytest
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy
from structlog.testing import capture_logs

from portal.core import sentences
from portal.core.models import Step
from portal.core.sentences import NOTHING, Sentence, from_json, from_text, said, to_text

CANCELED = Sentence("rollouts.canceled", by="Ann")
ENDED = Sentence("rollouts.ended", cause=CANCELED, stays=Sentence("rollouts.stays", release="web:1"))


@pytest.fixture(autouse=True)
def nothing_missed(monkeypatch):
    monkeypatch.setattr(sentences, "_missed", set())


def test_a_sentence_is_said_with_its_facts_and_with_the_sentences_within_it():
    assert str(ENDED) == "Cancelled by Ann. web:1 serves as before."


def test_it_is_said_in_the_language_of_who_reads_it(monkeypatch):
    words = {"en": "%(by)s was here.", "nl": "%(by)s was hier."}
    told = gettext_lazy("never read")
    monkeypatch.setattr(type(told), "__mod__", lambda _, facts: words[translation.get_language()] % facts)
    monkeypatch.setitem(sentences._words, "test.here", told)

    with translation.override("nl"):
        assert str(Sentence("test.here", by="Ann")) == "Ann was hier."
    assert str(Sentence("test.here", by="Ann")) == "Ann was here."


def test_a_percent_sign_in_a_fact_is_said_as_it_is():
    assert str(Sentence("rollouts.canceled", by="100% %(x)s")) == "Cancelled by 100% %(x)s."


def test_one_and_many_are_told_apart():
    why = Sentence("tasks.exits_well")

    assert str(Sentence("restarts.often", why=why, count=1)).endswith(
        "1 of its tasks has stopped since it was deployed."
    )
    assert str(Sentence("restarts.often", why=why, count=2)).endswith(
        "2 of its tasks have stopped since it was deployed."
    )


def test_nothing_says_nothing_and_counts_as_none():
    assert (str(NOTHING), bool(NOTHING), NOTHING.as_json(), to_text(NOTHING)) == ("", False, {}, "")
    assert said("") == NOTHING == Sentence()
    assert ENDED


def test_sentences_are_the_same_by_code_and_facts():
    assert Sentence("rollouts.canceled", by="Ann") == CANCELED
    assert Sentence("rollouts.canceled", by="Bob") != CANCELED
    assert len({CANCELED, Sentence("rollouts.canceled", by="Ann"), ENDED}) == 2


def test_what_is_stored_comes_back_the_same():
    assert to_text(CANCELED) == '{"code":"rollouts.canceled","facts":{"by":"Ann"}}'
    assert from_text(to_text(ENDED)) == ENDED
    assert from_json(json.loads(json.dumps(ENDED.as_json()))) == ENDED


@pytest.mark.parametrize("text", ["It failed.", '{"not ours": 1}', "{broken", '{"code": 1, "facts": {}}'])
def test_text_that_was_stored_before_is_said_as_it_is(text):
    assert from_text(text) == said(text)
    assert str(from_text(text)) == text


def test_a_code_without_words_says_the_text_it_carries_or_that_there_is_none_and_is_logged_once():
    with capture_logs() as logs:
        assert str(Sentence("of.tomorrow", text="Kept.")) == "Kept."
        assert str(Sentence("of.tomorrow")).startswith("What happened cannot be said in words here.")

    assert [(each["event"], each["code"]) for each in logs] == [("sentences.no_words", "of.tomorrow")]


def test_facts_that_do_not_fit_the_words_keep_no_page_from_being_shown():
    assert str(Sentence("rollouts.canceled")).startswith("What happened cannot be said in words here.")


def test_what_is_read_back_is_bounded():
    deep = {"code": "said", "facts": {"text": "end"}}
    for _ in range(50):
        deep = {"code": "both", "facts": {"first": "x", "second": deep}}
    many = {"code": "said", "facts": {f"f{n}": n for n in range(1000)}}
    long = {"code": "said", "facts": {"text": "x" * 100_000}}

    assert str(from_json(deep)).startswith("x x x")
    assert len(from_json(many).facts) == sentences.MOST_FACTS
    assert len(str(from_json(long))) == sentences.MOST_CHARACTERS


def test_two_texts_for_one_code_are_refused():
    with pytest.raises(ValueError, match=r"Two texts for rollouts\.canceled\."):
        sentences.register({"rollouts.canceled": "again"})


def test_a_column_of_sentences_refuses_prose(db):
    step = Step(work_kind="x", work_id=1, from_state="a", to_state="b")

    with pytest.raises(TypeError, match=r"reason holds a Sentence, not 'It failed\.'\."), transaction.atomic():
        Step.objects.create(work_kind="x", work_id=1, from_state="a", to_state="b", reason="It failed.")
    step.save()
    step.refresh_from_db()
    assert step.reason == NOTHING


def test_a_column_gives_back_the_sentence_and_finds_those_with_none(db):
    kept = Step.objects.create(work_kind="x", work_id=1, from_state="a", to_state="b", reason=ENDED)
    silent = Step.objects.create(work_kind="x", work_id=1, from_state="b", to_state="c")

    assert Step.objects.get(pk=kept.pk).reason == ENDED
    assert list(Step.objects.filter(reason="")) == [silent]
    assert list(Step.objects.filter(reason=ENDED)) == [kept]
