"""Service events, reasons and stop reasons in ECS's own words. Pure.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
"""

from provisioning.localaws.ecs.names import tail

EXITED = "Essential container in task exited"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
CONTAINER_UNHEALTHY = "Task failed container health checks"
STEADY = "has reached a steady state."
IMPAIRED = "is unable to consistently start tasks successfully."
TASKS_FAILED = "tasks failed to start."


def started(task_arn: str) -> str:
    return f"has started 1 tasks: (task {tail(task_arn)})."


def stopped(task_arn: str) -> str:
    return f"has stopped 1 running tasks: (task {tail(task_arn)})."


def draining() -> str:
    return "has begun draining connections on 1 tasks."


def registered(group_arn: str) -> str:
    return f"registered 1 targets in (target-group {group_arn})"


def deregistered(group_arn: str) -> str:
    return f"deregistered 1 targets in (target-group {group_arn})"


def unhealthy(task_arn: str, port: int, group_arn: str, description: str) -> str:
    return (
        f"(task {tail(task_arn)}) (port {port}) is unhealthy in (target-group {group_arn}) "
        f"due to (reason {description})"
    )


def failed_target_checks(group_arn: str) -> str:
    """The stoppedReason of a task."""
    return f"Task failed ELB health checks in (target-group {group_arn})"


def completed(deployment: str) -> str:
    return f"(deployment {deployment}) deployment completed."


def failed(deployment: str, reason: str) -> str:
    return f"(deployment {deployment}) deployment failed: {reason}"


def rolling_back(deployment: str) -> str:
    return f"rolling back to deployment {deployment}."


def unplaced() -> str:
    return (
        "was unable to place a task because no container instance met all of its requirements. Reason: No Container "
        "Instances were found in your cluster. For more information, see the Troubleshooting section of the Amazon ECS "
        "Developer Guide."
    )
