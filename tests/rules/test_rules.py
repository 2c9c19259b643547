"""A service refuses what its form refuses, in the same words, whoever calls it; and accepts what its form accepts."""

import pytest

from portal.core.errors import Invalid
from portal.core.models import AuditEvent
from tests.rules.doors import DOORS
from tests.rules.table import refusals, said_by, texts_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("door", "values"), refusals(DOORS))
def test_a_service_refuses_what_its_form_refuses_in_the_same_words(door, values):
    world = door.world()
    said, events = said_by(door.form(world, values)), AuditEvent.objects.count()

    with pytest.raises(Invalid) as refused:
        door.service(world, values)

    assert said
    assert refused.value.problems == said
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_a_service_accepts_what_its_form_accepts(door):
    world = door.world()

    assert said_by(door.form(world, door.good)) == {}
    door.service(world, door.good)


@pytest.mark.parametrize("strange", [None, 5, ["x"], "\ud800"], ids=["none", "number", "list", "half-a-character"])
@pytest.mark.parametrize(("door", "field"), [(door, field) for door in DOORS for field in texts_of(door)], ids=str)
def test_a_service_refuses_what_is_no_text_instead_of_breaking(door, field, strange):
    """No form gives this; scripts and programs do."""
    world = door.world()

    with pytest.raises(Invalid):
        door.service(world, {**door.good, field: strange})
