"""What provisioning may know of services in an environment (provisioning/guests.py)."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest

from deployments import states
from deployments.availability import selectors as availability
from deployments.catalog.lists import PLACED
from deployments.models import ConfigurationSave, Deployment, Placement
from portal.core.lists import Table
from provisioning.guests import Guest, Health

_NOTHING_RUNS: dict[str, Any] = {
    "release": None,
    "released_at": None,
    "task_definition_arn": "",
    "target_group_arn": "",
    "rule_arn": "",
    "rule_priority": None,
    "ecs_service_name": "",
    "health": Placement.Health.UNKNOWN,
    "failing_since": None,
    "missed": 0,
    "missed_since": None,
    "running": 0,
    "desired": 0,
}


class PlacedServices:
    """Services by their placements; implements provisioning.guests.Guests."""

    def living_in(self, environment_id: int) -> Iterator[Guest]:
        """What was placed there, by name; what does not answer comes first."""
        placed = Placement.objects.filter(environment=environment_id).select_related("service", "release")
        for each in placed.order_by(F("failing_since").asc(nulls_last=True), "service__name"):
            yield Guest(
                service=each.service.name,
                release=each.release.name if each.release else "",
                health=each.health,
                running=each.running,
                desired=each.desired,
                since=each.released_at,
                ecs_service=each.ecs_service_name,
                target_group_arn=each.target_group_arn,
            )

    def table_of(self, environment_id: int, request: HttpRequest) -> Table[Placement]:
        """What was placed there, as a list for a page."""
        placed = Placement.objects.filter(environment=environment_id).select_related("service", "release")
        return PLACED.show(request, placed)

    def arriving_in(self, environment_id: int) -> Iterator[str]:
        """The services that are being rolled out there now."""
        going = Deployment.objects.filter(environment=environment_id, state__in=states.ACTIVE)
        yield from going.values_list("service__name", flat=True)

    def unsettled_in(self, environment_id: int) -> Iterator[str]:
        """Services with a save of configuration of which nobody knows the end yet."""
        open_saves = ConfigurationSave.objects.filter(environment=environment_id, state=ConfigurationSave.State.SAVING)
        yield from open_saves.values_list("service__name", flat=True)

    def health_of(self, environment_ids: Collection[int]) -> Mapping[int, Health]:
        """How the services of each are."""
        return availability.health_of(environment_ids)

    def failing(self, environment: OuterRef) -> Exists:
        """Whether one of them does not answer."""
        return availability.failing(environment)

    def forget(self, environment_id: int) -> None:
        """No list counts what ran there any more."""
        Placement.objects.filter(environment=environment_id).update(**_NOTHING_RUNS)
        Deployment.objects.filter(environment=environment_id).exclude(watched_until=None).update(watched_until=None)
