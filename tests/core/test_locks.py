"""The one lock helper."""

import pytest

from portal.core.locks import hold
from portal.core.models import Lock


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction():
    with pytest.raises(RuntimeError, match="atomic"):
        hold("numbers")


def test_a_lock_is_made_when_it_is_first_held(db):
    hold("numbers")
    hold("numbers")

    assert Lock.objects.get().name == "numbers"
