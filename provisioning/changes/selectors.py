"""Questions about stacks and their changes."""

from django.db.models import Exists, OuterRef, QuerySet

from provisioning.changes import states
from provisioning.models import Environment, Stack, StackChange, StackResource
from provisioning.states import AWAY


def living_stacks(environment: Environment) -> QuerySet[Stack]:
    """Those that were not removed, in the order in which they were added: the main one first."""
    return environment.stacks.filter(removed_at=None).select_related("customer").order_by("id")


def made_stacks(environment: Environment) -> QuerySet[Stack]:
    """Those that AWS has made: they can be changed, and are not made again."""
    made = StackChange.objects.filter(stack=OuterRef("pk"), kind=states.CREATE, state=states.DONE)
    return living_stacks(environment).filter(Exists(made))


def open_changes(environment: Environment) -> QuerySet[StackChange]:
    """Changes that are under way or wait for approval."""
    return environment.changes.filter(state__in=states.OPEN).select_related("stack").order_by("id")


def resources_of(environment: Environment) -> QuerySet[StackResource]:
    """Every resource of the stacks it has; where it goes away, also of those that went already."""
    rows = StackResource.objects.filter(stack__environment=environment)
    return rows if environment.state in AWAY else rows.filter(stack__removed_at=None)
