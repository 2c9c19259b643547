"""What is wrong after a campaign: ends that were not deserved, changes made twice, a portal that tells otherwise."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from deployments import states
from deployments.models import Placement
from deployments.rollouts.names import task_family
from provisioning.facts import cluster_of, facts_of
from tests.e2e.olivia import Olivia, moves
from tests.faults.campaign import Asked, Campaign
from tests.faults.plan import Fate
from tests.faults.proxy import Seen
from tests.faults.wire import Call

REGISTERED = 2  # at most: the answer to a registration may be lost once
DENIED = "AWS does not allow the portal to"


def wrong_ends(campaign: Campaign) -> list[str]:
    """Rollouts that did not end as they deserve, and failures without their sentence."""
    return [_described(asked) for asked in campaign.asked if not _ended_right(asked)]


def _ended_right(asked: Asked) -> bool:
    deployment = asked.deployment
    said = DENIED in str(deployment.reason) if asked.fate is Fate.REFUSED else bool(deployment.reason)
    return said and deployment.state in asked.deserved


def _described(asked: Asked) -> str:
    deployment = asked.deployment
    last = deployment.traceback.strip().rpartition("\n")[2]
    return f"{deployment} ({asked.fate}): {' '.join(moves(deployment))}: {deployment.reason} {last}".strip()


def doubles(campaign: Campaign) -> list[str]:
    """Changes that AWS carried out more often than they were meant."""
    return [*_updates(campaign), *_registrations(campaign), *_made_twice(campaign)]


def _updates(campaign: Campaign) -> Iterable[str]:
    """A rolling update for each rollout that began one, and one more for each that went back to it."""
    updated = Counter(filter(None, map(_updated, campaign.proxy.done("UpdateService"))))
    rollouts = [asked.deployment for asked in campaign.asked]
    for deployment in rollouts:
        began = states.ROLLING in moves(deployment)
        back = [each for each in rollouts if each.state in {states.ROLLED_BACK, states.CANCELED}]
        returns = sum(each.previous_task_definition_arn == deployment.task_definition_arn for each in back)
        name = _name(deployment.task_definition_arn)
        times = updated[name]
        if (began and not 1 <= times <= 1 + returns) or (not began and times):
            calls = [_call(seen) for seen in campaign.proxy.seen if _updated(seen.call) == name]
            yield f"{deployment}: {times} rolling updates, and {returns} rollouts went back to it; {'; '.join(calls)}"


def _updated(call: Call) -> str:
    """The task definition that a call gives to a service; without one it only scales."""
    return _name(call.arguments.get("taskDefinition", "")) if call.operation == "UpdateService" else ""


def _call(seen: Seen) -> str:
    """When, which fault it met, and what AWS said, for who wants to know why it was asked again."""
    return f"{seen.at:.2f} {seen.fault or 'no fault'} {seen.status}"


def _registrations(campaign: Campaign) -> Iterable[str]:
    registered = Counter(
        (call.arguments["family"], call.arguments["containerDefinitions"][0]["image"])
        for call in campaign.proxy.done("RegisterTaskDefinition")
    )
    return (f"{what}: registered {times} times" for what, times in registered.items() if times > REGISTERED)


def _made_twice(campaign: Campaign) -> Iterable[str]:
    """Of each place AWS has one rule at most, and no service was made twice."""
    for environment in campaign.environments:
        rules = campaign.olivia.aws("elbv2").describe_rules(ListenerArn=facts_of(environment).listener_arn)["Rules"]
        for group in _groups(campaign, environment.pk):
            found = sum(group in str(rule) for rule in rules)
            if found != 1:
                yield f"{group}: {found} rules"
    made = Counter(
        (call.arguments["cluster"], call.arguments["serviceName"]) for call in campaign.proxy.done("CreateService")
    )
    yield from (f"{what}: made {times} times" for what, times in made.items() if times > 1)


def _groups(campaign: Campaign, environment: int) -> list[str]:
    placed = Placement.objects.filter(environment=environment, service__in=campaign.services)
    return list(placed.exclude(rule_arn="").values_list("target_group_arn", flat=True))


def differences(campaign: Campaign) -> list[str]:
    """Places of which the portal tells something else than ECS."""
    placements = Placement.objects.filter(service__in=campaign.services).select_related("service", "environment")
    found = ((placement, _told(placement), _run(campaign.olivia, placement)) for placement in placements)
    return [f"{placement}: the portal says {told}, ECS {run}" for placement, told, run in found if told != run]


Picture = tuple[str, int, int]  # the task definition where something serves, wanted and running tasks


def _told(placement: Placement) -> Picture:
    return _name(placement.task_definition_arn), placement.desired, placement.running


def _run(olivia: Olivia, placement: Placement) -> Picture:
    cluster = cluster_of(placement.environment)
    found = olivia.aws("ecs").describe_services(cluster=cluster, services=[placement.service.name])["services"]
    service: dict[str, Any] = found[0] if found else {"desiredCount": 0, "runningCount": 0, "taskDefinition": ""}
    serves = _name(service["taskDefinition"]) if service["desiredCount"] else ""
    assert not serves or serves.startswith(task_family(placement))
    return serves, service["desiredCount"], service["runningCount"]


def _name(arn: str) -> str:
    """family:revision."""
    return arn.rpartition("/")[2]
