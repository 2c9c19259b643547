"""Why a release did not come up, in one sentence."""

import pytest

from deployments.rollouts.explain import UNKNOWN, Evidence, Stopped, explain, explain_restarts, why_stopped

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
            (
                "Its image could not be fetched, because it is not in the repository any more. "
                "Push it again, then deploy that."
            ),
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
        (evidence(Stopped("ResourceInitializationError: something new", "TaskFailedToStart")), str(UNKNOWN)),
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
    assert str(explain(seen)) == sentence


PULL = "CannotPullContainerError: "
START = "CannotStartContainerError: Error response from daemon: "
NETWORK = "failed to do request: Head https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/web: "
# What AWS said, in the task's reason or in its container's, and what the sentence must hold.
REAL = [
    (
        PULL + "image Manifest does not contain descriptor matching: no descriptor matching platform",
        "build it for linux/amd64",
    ),
    (PULL + "no matching manifest for linux/amd64 in the manifest list entries", "build it for linux/amd64"),
    (START + "exec /app/server: exec format error", "build it for linux/amd64"),
    (
        PULL + "ref pull has been retried 1 time(s): failed to extract layer: no space left on device",
        "disk of its host is full",
    ),
    (PULL + "Get https://1.dkr.ecr/v2/: Client.Timeout exceeded while awaiting headers", "does not reach the registry"),
    (PULL + "net/http: request canceled while waiting for connection", "does not reach the registry"),
    (PULL + NETWORK + "dial tcp 10.0.3.17:443: i/o timeout", "does not reach the registry"),
    (PULL + NETWORK + "dial tcp: lookup on 10.0.0.2:53: no such host", "does not reach the registry"),
    (PULL + "unexpected status code Too Many Requests: toomanyrequests: rate limit", "asked its host to wait"),
    (PULL + "unsupported media type application/vnd.in-toto+json", "is no program"),
    (
        PULL + "pull access denied for web, repository does not exist or may require 'docker login'",
        "may not read the image",
    ),
    (PULL + "unexpected status from HEAD request: 403 Forbidden", "may not read the image"),
    (PULL + "failed to resolve reference: web@sha256:1: not found", "not in the repository any more"),
    (PULL + "something that nobody has read before", "Deploy again; if that does not help, push it again"),
    (START + "OCI runtime create failed: runc: exec: ./start.sh: permission denied", "chmod +x"),
    (START + 'exec: "/app/start.sh": stat /app/start.sh: no such file or directory', "not in its image"),
    (START + 'exec: "node": executable file not found in $PATH', "not in its image"),
    ("CannotCreateContainerError: Error response from daemon: No command specified", "CMD or an ENTRYPOINT"),
    ("CannotCreateContainerError: write /var/lib/docker: no space left on device", "disk of its host is full"),
    (
        START + "failed to initialize logging driver: AccessDeniedException: logs:CreateLogStream",
        "log could not be opened",
    ),
    (
        START + "driver failed: Bind for 0.0.0.0:32768 failed: port is already allocated",
        "port that it asks for is taken",
    ),
    (
        "DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s",
        "too busy to start it in time",
    ),
    (
        "CannotInspectContainerError: Could not transition to inspecting; timed out after waiting 30s",
        "too busy to start",
    ),
    (
        (
            "ResourceInitializationError: unable to pull secrets or registry auth: "
            "execution resource retrieval failed: RequestError: caused by: Post https://api.ecr: dial tcp: i/o timeout"
        ),
        "does not reach the registry",
    ),
    (
        (
            "ResourceInitializationError: unable to pull secrets or registry auth: retrieve secret from asm: "
            "ResourceNotFoundException: Secrets Manager can't find the specified secret"
        ),
        "A secret it needs could not be read",
    ),
    (
        (
            "ResourceInitializationError: unable to pull image or start container: "
            "UnixHTTPConnectionPool(host='localhost', port=None): Read timed out. (read timeout=10.0)"
        ),
        "The image could not be fetched in time. That is not your image: deploy again.",
    ),
    ("Host EC2 (instance i-0123) terminated.", "host was taken away by AWS"),
    ("Agent disconnected", "lost its connection"),
]


@pytest.mark.parametrize(("words", "holds"), REAL)
def test_the_containers_own_reason_is_read_and_put_in_plain_words(words, holds):
    in_container = Stopped("Task failed to start", "TaskFailedToStart", words)
    in_task = Stopped(words, "TaskFailedToStart")

    assert holds in str(explain(evidence(in_container)))
    assert explain(evidence(in_task)) == explain(evidence(in_container)) == why_stopped(in_task)


@pytest.mark.parametrize(
    ("event", "holds"),
    [
        (
            'The closest matching container-instance i-1 encountered error "AGENT".',
            "lost its connection to the cluster",
        ),
        ("The closest container-instance i-1 is missing an attribute required by your task.", "of the kind it needs"),
        ("Reason: No Container Instances were found in your cluster.", "has no host at all"),
        ("The closest container-instance i-1 is already using a port required by your task.", "port that it asks for"),
        ("The closest container-instance i-1 has insufficient memory available.", "no room for it"),
    ],
)
def test_why_no_host_was_found_is_told_apart(event, holds):
    words = f"(service web) was unable to place a task because no container instance met its requirements. {event}"

    assert holds in str(explain(evidence(events=[words])))
    assert holds in str(explain(Evidence("/health", 8080, 256, status_reason=words)))


@pytest.mark.parametrize("words", [words for words, _ in REAL] + ["socket /var/run/docker.sock of 3f2a9b failed oddly"])
def test_nothing_that_others_wrote_reaches_customers(words):
    task = Stopped(words, "TaskFailedToStart")
    said = f"{explain(evidence(task))} {why_stopped(task)}"

    for secret in ("Error", "http", "sock", "daemon", "i-0123", "3f2a9b", "10.0.", "UnixHTTP", "dkr"):
        assert secret not in said


def test_what_passes_blames_nobody_unless_something_else_can_be_corrected():
    slow = Stopped("DockerTimeoutError: Could not transition to created", "TaskFailedToStart")

    assert "That is not your image: deploy again." in str(explain(evidence(slow, slow)))
    assert str(explain(evidence(slow, slow, exited(3)))).startswith("It exits at once with code 3")


def test_of_causes_alike_the_more_frequent_one_is_told():
    assert "code 2" in str(explain(evidence(exited(1), exited(2), exited(2))))
    assert "memory" in str(explain(evidence(exited(137), exited(137), exited(1))))


def test_the_time_it_had_to_answer_is_named():
    seen = Evidence("/health", 8080, 256, health=["Request timed out"], start_seconds=120)
    refused = Evidence("/health", 8080, 256, stopped=[Stopped(ELB)], start_seconds=30)

    assert str(explain(seen)) == "Its health path /health did not answer within 120 s of its start."
    assert str(explain(refused)) == "Its health path /health did not answer on port 8080 within 30 s of its start."


@pytest.mark.parametrize(
    ("stopped", "health", "sentence"),
    [
        ([exited(1)], (), "it exits with code 1. Its last log lines say more."),
        ([exited(0), exited(0)], (), "it exits with code 0. A service must keep running."),
        ([exited(137)], (), "it runs out of memory, of which it may use 256 MiB. Give it more, or find what uses it."),
        ([Stopped(ELB)], ["failed with these codes: [503]"], "its health path /health answers 503."),
        ([Stopped(ELB)], (), "its health path /health stops answering."),
        ([Stopped("Something new")], (), "its tasks stop, and AWS does not say why."),
    ],
)
def test_a_release_that_does_not_stay_up_is_told_with_its_reason(stopped, health, sentence):
    seen = Evidence("/health", 8080, 256, stopped, health)
    often = Evidence("/health", 8080, 256, stopped, health, restarts=3)

    assert str(explain_restarts(seen)) == f"It restarts again and again: {sentence}"
    assert str(explain_restarts(often)).endswith(f"{sentence} 3 of its tasks have stopped since it was deployed.")


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        (exited(3), "Its program ended with code 3."),
        (Stopped(ELB, "ServiceSchedulerInitiated", "", 143), "The health check of the load balancer failed."),
        (Stopped("Task failed container health checks"), "The health check of its own container failed."),
        (Stopped("Scaling activity initiated by (deployment ecs-svc/1)"), "It was no longer wanted."),
        (Stopped("in (target-group arn:aws:x)"), "AWS gives no plainer reason."),
        (exited(137), "It ran out of memory."),
    ],
)
def test_each_stopped_task_says_why_once_and_plainly(task, sentence):
    assert str(why_stopped(task)) == sentence
