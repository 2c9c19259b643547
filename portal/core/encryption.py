"""Encrypted fields: secrets are stored as Fernet tokens and decrypted only when read in Python."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key.encode()) for key in keys])


def encrypt(text: str) -> str:
    """`text` as a Fernet token under the newest of settings.FIELD_KEYS."""
    return _fernet(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text of a token made under any of settings.FIELD_KEYS; ValueError when none of them fits."""
    try:
        return _fernet(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise ValueError("An encrypted field cannot be read with the present FIELD_KEYS.") from error


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is encrypted in the database. It cannot be searched; empty stays empty."""

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(str(value)) if value else value
