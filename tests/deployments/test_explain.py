"""Why a release did not come up, in one sentence."""

import pytest

from deployments.rollouts.explain import Evidence, Stopped, explain

EXITED = "Essential container in task exited"
ELB = "Task failed ELB health checks in (target-group arn:x)"


def evidence(*stopped, health=(), events=()):
    return Evidence("/health", 8080, 256, stopped, health, events)


def exited(code, reason=EXITED, container=""):
    return Stopped(reason, "EssentialContainerExited", container, code)


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (
            evidence(exited(137, container="OutOfMemoryError: Container killed due to memory usage")),
            "It ran out of memory: it may use 256 MiB. Give it more, or find what uses it.",
        ),
        (evidence(exited(137)), "It ran out of memory: it may use 256 MiB. Give it more, or find what uses it."),
        (
            evidence(Stopped("CannotPullContainerError: manifest unknown", "TaskFailedToStart")),
            "Its image could not be fetched: it was removed, or may not be read. Push it again.",
        ),
        (
            evidence(Stopped("ResourceInitializationError: unable to pull secrets", "TaskFailedToStart")),
            "A secret it needs could not be read: check that it exists and may be read.",
        ),
        (evidence(exited(3)), "It exits at once with code 3: its last log lines say more."),
        (evidence(exited(0)), "It exits at once with code 0: a service must keep running."),
        (
            evidence(Stopped(ELB, "ServiceSchedulerInitiated", "", 143), health=["failed with these codes: [500]"]),
            "Its health path /health answers 500.",
        ),
        (
            evidence(events=["web is unhealthy due to (reason Health checks failed with these codes: [404])"]),
            "Its health path /health answers 404.",
        ),
        (evidence(health=["Request timed out"]), "Its health path /health does not answer."),
        (
            evidence(Stopped(ELB, "ServiceSchedulerInitiated", "", 137)),
            "Its health path /health does not answer on port 8080.",
        ),
        (
            evidence(Stopped("Task failed container health checks", "ServiceSchedulerInitiated", "", 137)),
            "The health check of its own container fails.",
        ),
        (
            evidence(Stopped("ResourceInitializationError: no such network", "TaskFailedToStart")),
            "It could not be started: ResourceInitializationError: no such network.",
        ),
        (
            evidence(events=["web was unable to place a task because no container instance met its requirements"]),
            "The hosts have no room for it: make it smaller or the environment larger.",
        ),
        (evidence(), "Its tasks did not become healthy."),
        (
            evidence(Stopped("Scaling activity initiated by deployment", "ServiceSchedulerInitiated", "", 137)),
            "Its tasks did not become healthy.",
        ),
    ],
)
def test_the_cause_is_said_plainly(seen, sentence):
    assert explain(seen) == sentence
