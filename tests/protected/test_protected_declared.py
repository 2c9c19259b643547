"""What a declaration can say, on a table made for it."""

from typing import ClassVar

import pytest
from django.apps.registry import Apps
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, connection, models
from django.db.models.functions import Lower

from portal.core.protected import Protection
from portal.core.protected.installing import install, open_tables
from tests.protected.conftest import rows, run

WORDS = 'A sealed letter isn\'t "opened"; 100% of it stays.'

KEY = models.BigAutoField(primary_key=True)


def letter(protection, constraints, key):
    """A model of a registry of its own."""

    class Sealed(models.Model):
        protection: ClassVar

        class Meta:
            abstract = True
            app_label = "core"
            apps = Apps()

    Sealed.protection = protection

    class Letter(Sealed):  # noqa: DJ008 - nobody reads it
        id = key
        state = models.CharField(max_length=10, null=True)
        text = models.CharField(max_length=10, null=True, db_column="the text")
        seen = models.IntegerField(default=0)

        class Meta(Sealed.Meta):
            abstract = False
            db_table = "core_letter"

    Letter._meta.constraints = list(constraints)
    return Letter


@pytest.fixture
def protect(scratch, monkeypatch):
    """Makes the table, puts these rows into it (id, state, text, seen), and protects it."""

    def make(protection, *values, constraints=(), key=KEY):
        model = letter(protection, constraints, key)
        with connection.schema_editor() as editor:
            editor.create_model(model)
        for value in values:
            run(f"INSERT INTO core_letter VALUES {value}")
        monkeypatch.setattr("portal.core.protected.installing.protected_models", lambda: [model])
        install(connection)
        assert open_tables(connection) == []

    return make


def refused(sql):
    before = rows("core_letter")
    with pytest.raises(IntegrityError) as caught:
        run(sql)
    assert WORDS in str(caught.value)
    assert rows("core_letter") == before


def test_three_lines_protect_a_whole_table_by_an_abstract_model_too(protect):
    protect(Protection(WORDS), "(1, 'sealed', 'Dear', 0)")

    refused("UPDATE core_letter SET seen = 1")
    refused("DELETE FROM core_letter")
    assert run("INSERT INTO core_letter VALUES (2, 'sealed', 'Dear', 0)") == 1


def test_some_fields_may_change_and_some_once(protect):
    protect(Protection(WORDS, may_change=["seen"], once=["text"]), "(1, 'sealed', NULL, 0)")

    assert run("UPDATE core_letter SET seen = 1") == 1
    assert run("UPDATE core_letter SET \"the text\" = 'Dear'") == 1
    refused('UPDATE core_letter SET "the text" = NULL')
    refused("UPDATE core_letter SET seen = 2, state = 'x'")


def test_rows_are_free_in_the_states_that_say_so_and_frozen_in_unknown_ones(protect):
    protection = Protection(WORDS, unless={"state": ["draft", "it's free"]})
    protect(protection, "(1, 'draft', 'a', 0)", "(2, 'it''s free', 'b', 0)", "(3, NULL, 'c', 0)", "(4, 'new', 'd', 0)")

    assert run("UPDATE core_letter SET seen = 1 WHERE id < 3") == 2
    for number in (3, 4):
        refused(f"UPDATE core_letter SET seen = 1 WHERE id = {number}")
        refused(f"DELETE FROM core_letter WHERE id = {number}")


def test_a_field_that_moves_goes_nowhere_else_and_not_to_nothing(protect):
    protect(Protection(WORDS, moves={"state": {"sealed": ["sent"]}}), "(1, 'sealed', 'a', 0)", "(2, NULL, 'b', 0)")

    refused("UPDATE core_letter SET state = NULL WHERE id = 1")
    refused("UPDATE core_letter SET state = 'lost' WHERE id = 1")
    refused("UPDATE core_letter SET state = 'sent' WHERE id = 2")
    assert run("UPDATE core_letter SET state = 'sent' WHERE id = 1") == 1
    refused("UPDATE core_letter SET state = 'sealed' WHERE id = 1")


def test_a_declaration_that_names_no_field_is_an_error(protect):
    with pytest.raises(FieldDoesNotExist, match="no field named 'stat'"):
        protect(Protection(WORDS, unless={"stat": ["draft"]}))


def held(name, *fields, **options):
    return models.UniqueConstraint(*fields, name=name, **options)


if connection.vendor == "sqlite":

    def test_only_rows_of_a_partial_index_are_in_each_others_way(protect):
        one = held("one_sent", fields=["seen"], condition=models.Q(state="sent"))
        protect(Protection(WORDS), "(1, 'sent', 'a', 7)", "(2, 'old', 'b', 8)", constraints=[one])

        refused("INSERT OR REPLACE INTO core_letter VALUES (3, 'sent', 'c', 7)")
        assert run("INSERT INTO core_letter VALUES (3, 'old', 'c', 7)") == 1
        assert run("INSERT INTO core_letter VALUES (4, 'sent', 'c', 8)") == 1

    def test_a_key_that_is_no_number_leaves_no_way_by_the_number_that_every_row_has(protect):
        key = models.CharField(primary_key=True, max_length=10)
        protect(Protection(WORDS, may_change=["seen"]), "('a', 'x', 'x', 0)", key=key)

        refused("UPDATE core_letter SET rowid = 7")
        refused("INSERT OR REPLACE INTO core_letter (rowid, id, seen) SELECT rowid, 'b', 1 FROM core_letter")
        refused("INSERT OR REPLACE INTO core_letter (id, seen) VALUES ('a', 1)")
        assert run("INSERT INTO core_letter (id, seen) VALUES ('b', 1)") == 1

    def test_a_unique_index_over_an_expression_cannot_be_held_and_says_so(protect):
        with pytest.raises(
            NotImplementedError, match='The unique index one_text of "core_letter" is over an expression'
        ):
            protect(Protection(WORDS), constraints=[held("one_text", Lower("state"))])
