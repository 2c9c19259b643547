"""The one lock helper. Take it late and inside a transaction; it is released when the transaction ends."""

from django.db import transaction

from portal.core.models import Lock


def hold(name: str) -> None:
    """Waits for, then holds, the lock `name` until the transaction ends.

    PostgreSQL: a row lock. SQLite: the transaction already holds the database's write lock (BEGIN IMMEDIATE).
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A lock is held by a transaction: call hold() inside atomic().")
    Lock.objects.get_or_create(name=name)
    Lock.objects.select_for_update().get(name=name)
