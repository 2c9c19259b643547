"""Taking note: of a failure, which then needs nobody any more, and of an outage, so that others know."""

from django.db import transaction
from django.utils import timezone

from deployments.availability.endings import not_made_good
from deployments.models import Deployment, Placement
from portal.accounts.permissions import Can, require
from portal.core import audit
from portal.core.caller import Caller
from provisioning.models import Environment


def acknowledge(deployment: Deployment, caller: Caller) -> int:
    """Takes note of this failure, and of those before it in the same place. How many there were."""
    require(caller, Can.DEPLOY, deployment.customer, deployment.environment)
    with transaction.atomic():
        rows = not_made_good().filter(placement=deployment.placement_id, pk__lte=deployment.pk)
        pks = list(rows.values_list("pk", flat=True))
        noted = Deployment.objects.filter(pk__in=pks, acknowledged_at=None)
        count = noted.update(acknowledged_by_id=caller.person_id, acknowledged_at=timezone.now())
        if count:
            audit.record("deployment.acknowledged", deployment, caller=caller, after={"failures": count})
    return count


def mark_seen(environment: Environment, caller: Caller) -> int:
    """Says that somebody looks after what does not answer there. It stays listed as long as it lasts."""
    require(caller, Can.DEPLOY, environment.customer, environment)
    with transaction.atomic():
        failing = Placement.objects.filter(environment=environment, failing_since__isnull=False)
        count = failing.update(seen_by_id=caller.person_id, seen_at=timezone.now())
        if count:
            audit.record("environment.outage_seen", environment, caller=caller, after={"services": count})
    return count
