"""Encrypted fields and the rotation of their keys."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from portal.core.encryption import decrypt, encrypt
from provisioning.models import AwsAccount
from tests import factories

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def stored(account: AwsAccount) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret_access_key FROM provisioning_awsaccount WHERE id = %s", [account.pk])
        return cursor.fetchone()[0]


@given(st.text())
def test_what_is_encrypted_comes_back(text):
    assert decrypt(encrypt(text)) == text


def test_a_field_is_a_token_in_the_database_and_text_in_python(db):
    account = factories.AwsAccountFactory(secret_access_key="wJalrXUtnFEMI")

    assert "wJalrXUtnFEMI" not in stored(account)
    assert AwsAccount.objects.get(pk=account.pk).secret_access_key == "wJalrXUtnFEMI"


def test_empty_stays_empty(db):
    assert stored(factories.AwsAccountFactory()) == ""


def test_old_keys_still_read_and_the_newest_writes(settings):
    settings.FIELD_KEYS = [OLD]
    token = encrypt("secret")

    settings.FIELD_KEYS = [NEW, OLD]
    assert decrypt(token) == "secret"
    fresh = encrypt("secret")

    settings.FIELD_KEYS = [NEW]
    assert decrypt(fresh) == "secret"


def test_without_its_key_a_field_says_so(settings):
    settings.FIELD_KEYS = [OLD]
    token = encrypt("secret")

    settings.FIELD_KEYS = [NEW]
    with pytest.raises(ValueError, match="FIELD_KEYS"):
        decrypt(token)
