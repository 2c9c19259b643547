"""Tests may lift protection, for one transaction; nothing else may."""

import pytest
from django.db import IntegrityError, connection

from portal.core.models import AuditEvent
from portal.core.protected import lifted
from portal.core.protected.installing import open_tables


def test_inside_it_rows_change_and_afterwards_they_do_not(invoice):
    with lifted():
        AuditEvent.objects.update(action="y")

    assert set(AuditEvent.objects.values_list("action", flat=True)) == {"y"}
    with pytest.raises(IntegrityError, match="append-only"):
        AuditEvent.objects.update(action="z")


@pytest.mark.django_db
def test_it_works_inside_a_tests_transaction_with_checks_still_to_come(acme):
    AuditEvent.objects.create(actor_name="x", customer=acme)

    with lifted():
        AuditEvent.objects.create(actor_name="y", customer=acme)
        AuditEvent.objects.update(action="y")

    assert open_tables(connection) == []


def test_after_an_exception_all_is_as_it_was(invoice):
    def fail():
        with lifted():
            AuditEvent.objects.update(action="y")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not AuditEvent.objects.filter(action="y").exists()
    assert open_tables(connection) == []


@pytest.mark.parametrize("debug", [True, False])
def test_only_test_settings_allow_it(invoice, settings, debug):
    settings.TESTING, settings.DEBUG = False, debug

    with pytest.raises(RuntimeError, match="Only tests lift the protection"), lifted():
        AuditEvent.objects.update(action="y")

    assert open_tables(connection) == []
