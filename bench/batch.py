"""What a team writes for itself: new images for some services of a cluster, all at once, and a look each 0.5 s.

Prints {"took": seconds} from the first call to the last service done. With one service it is the shortest script that
does what a rollout needs; with many, a batch. Usage: batch.py CLUSTER SERVICE=IMAGE ...
"""

import json
import sys
import time
from typing import Any

import boto3

POLL_SECONDS, SERVICES_PER_CALL = 0.5, 10
COPIED = (
    *("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes"),
    *("placementConstraints", "requiresCompatibilities", "cpu", "memory"),
)


def main(cluster: str, wanted: dict[str, str]) -> float:
    """Seconds until every service runs its new image."""
    ecs = boto3.client("ecs")
    started = time.perf_counter()
    for service, image in wanted.items():
        roll(ecs, cluster, service, image)
    while True:
        time.sleep(POLL_SECONDS)
        if all_done(ecs, cluster, list(wanted)):
            return time.perf_counter() - started


def roll(ecs: Any, cluster: str, service: str, image: str) -> None:
    """Starts a rolling update to that image, with everything else as it is."""
    arn = ecs.describe_services(cluster=cluster, services=[service])["services"][0]["taskDefinition"]
    present = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    present["containerDefinitions"][0]["image"] = image
    request = {name: present[name] for name in COPIED if present.get(name)}
    made = ecs.register_task_definition(**request)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=cluster, service=service, taskDefinition=made)


def all_done(ecs: Any, cluster: str, services: list[str]) -> bool:
    """Whether ECS calls each of them done."""
    batches = [services[at : at + SERVICES_PER_CALL] for at in range(0, len(services), SERVICES_PER_CALL)]
    answers = [ecs.describe_services(cluster=cluster, services=batch)["services"] for batch in batches]
    return all(is_done(service) for answer in answers for service in answer)


def is_done(service: dict[str, Any]) -> bool:
    """Whether the newest deployment is complete and as many tasks run as are wanted."""
    primary = next(each for each in service["deployments"] if each["status"] == "PRIMARY")
    return primary["rolloutState"] == "COMPLETED" and service["runningCount"] == service["desiredCount"]


if __name__ == "__main__":
    took = main(sys.argv[1], dict(pair.split("=", 1) for pair in sys.argv[2:]))
    print(json.dumps({"took": took}))
