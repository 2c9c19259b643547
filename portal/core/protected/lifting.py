"""The one way to lift protection, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from portal.core.protected.installing import install, remove


@contextmanager
def lifted(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Protected tables take any change inside it. Only test settings allow it: RuntimeError under any others.

    It is one transaction: other connections never see the tables open, and after an exception all is as it was.
    """
    if not settings.TESTING:
        raise RuntimeError("Only tests lift the protection of tables.")
    with transaction.atomic(using=using):
        remove(connections[using])
        yield
        install(connections[using])
