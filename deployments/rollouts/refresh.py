"""How services are between rollouts, when no watcher looks: running and wanted tasks, from time to time."""

from django.utils import timezone

from deployments.availability import rules
from deployments.models import Placement
from deployments.rollouts import observe, selectors
from provisioning.aws import ecs
from provisioning.facts import cluster_of
from provisioning.models import Environment
from provisioning.sessions import LOOK, session_for

_NOTED = ("running", "desired", "health", "failing_since", "observed_at")


def refresh(environment: Environment) -> None:
    """One look at all services of the environment that no rollout changes now. Raises AwsProblem."""
    placements = list(selectors.unwatched_placements(environment))
    session = session_for(environment.account, environment.region, LOOK)
    names = [placement.ecs_service_name for placement in placements]
    services = ecs.describe_services(session, cluster_of(environment), names)
    for placement in placements:
        _note(placement, services.get(placement.ecs_service_name))
    Placement.objects.bulk_update(placements, _NOTED, batch_size=200)


def _note(placement: Placement, service: ecs.ServiceState | None) -> None:
    placement.running = service.running if service else 0
    placement.desired = service.desired if service else placement.desired
    placement.health = observe.health(service) if service else Placement.Health.UNHEALTHY
    placement.observed_at = timezone.now()
    rules.by_tasks(placement, placement.observed_at)
