"""What ECS and the container's engine say, in words that tell people what to do. Pure.

Each cause knows words of theirs; the first that fits is meant, so those that tell more stand before others.
No text of theirs is passed on: it names containers, sockets and accounts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

AGAIN = "That is not your image: deploy again."
STAYS = "If it stays so, open a ticket."
_PULL = ("cannotpull", "pull access denied", "unable to pull image", "registry auth", "manifest unknown", "pull image")
_SLOW = ("timeout", "timed out", "deadline exceeded", "request canceled")
_UNREACHED = (
    *_SLOW,
    "no such host",
    "connection refused",
    "connection reset",
    "dial tcp",
    "unexpected eof",
    "name resolution",
)
_DENIED = ("accessdenied", "access denied", "403 forbidden", "no basic auth", "not authorized", "unauthorized")


@dataclass(frozen=True)
class Cause:
    """One that is meant when the text has one of `words` and, where there are any, one of `context` too.

    `passes`: it is nobody's fault and may be gone at the next try.
    """

    sentence: str
    words: tuple[str, ...]
    context: tuple[str, ...] = ()
    passes: bool = False

    def fits(self, text: str) -> bool:
        return _has(text, self.words) and (not self.context or _has(text, self.context))


def _has(text: str, words: Sequence[str]) -> bool:
    return any(word in text for word in words)


def cause_of(text: str, causes: Sequence[Cause]) -> Cause | None:
    """The first cause that fits what was said, in capitals or not."""
    return next((cause for cause in causes if cause.fits(text.lower())), None)


# Of a task that did not start, from the reason of its container and its own.
NOT_STARTED = (
    Cause(
        "Its image was built for another kind of processor than the hosts have: "
        "build it for linux/amd64, push it, then deploy that.",
        ("no matching manifest", "no descriptor matching platform", "exec format error", "no match for platform"),
    ),
    Cause(
        "What was chosen is no program but a note about one (an attestation): choose another image.",
        ("in-toto", "unsupported media type", "unsupported manifest media type", "mediatype in manifest"),
    ),
    Cause(
        "The disk of its host is full, so the image could not be stored there. Deploy again; " + STAYS.lower(),
        ("no space left on device", "disk quota exceeded"),
        passes=True,
    ),
    Cause(
        "The registry asked its host to wait before it fetches more images. " + AGAIN,
        ("toomanyrequests", "too many requests", "rate limit", "rate exceeded", "throttl"),
        passes=True,
    ),
    Cause(
        "The image could not be fetched in time. " + AGAIN,
        ("unable to pull image",),
        _SLOW,
        passes=True,
    ),
    Cause(
        "Its host does not reach the registry, so the image could not be fetched. " + AGAIN,
        _UNREACHED,
        (*_PULL, ".ecr.", "registry"),
        passes=True,
    ),
    Cause(
        "A secret it needs could not be read: check that it exists and may be read.",
        ("secretsmanager", "retrieve secret", "from asm", "ssm parameter", "from ssm"),
    ),
    Cause(
        "Its hosts may not read the image. Check the policy of its repository; " + STAYS.lower(),
        (*_DENIED, "may require 'docker login'", "pull access denied"),
        _PULL,
    ),
    Cause(
        "Its image could not be fetched, because it is not in the repository any more. "
        "Push it again, then deploy that.",
        ("manifest unknown", "not found", "no such image", "does not exist", "image not found"),
        _PULL,
    ),
    Cause("Its image could not be fetched. Deploy again; if that does not help, push it again.", _PULL, passes=True),
    Cause(
        "Its host could not get what it needs to start it. " + AGAIN,
        ("unable to pull secrets", "resourceinitializationerror"),
        _UNREACHED,
        passes=True,
    ),
    Cause(
        "Its log could not be opened at AWS. That is not your image: deploy again. " + STAYS,
        ("logging driver", "log driver", "awslogs", "log group"),
        passes=True,
    ),
    Cause(
        "A port that it asks for is taken on its host. " + AGAIN,
        ("port is already allocated", "address already in use", "already using a port"),
        passes=True,
    ),
    Cause(
        "The file that it starts with may not be executed: set its execute permission in the image (chmod +x), "
        "push it, then deploy that.",
        ("permission denied",),
        ("exec", "cannotstart", "runc", "oci runtime"),
    ),
    Cause(
        "The command that it starts with is not in its image: correct CMD or ENTRYPOINT, or add the file (and the "
        "program that its first line names), push it, then deploy that.",
        ("no such file or directory", "executable file not found", "not found in $path"),
    ),
    Cause(
        "Its image does not say which command to start: give it a CMD or an ENTRYPOINT, push it, then deploy that.",
        ("no command specified",),
    ),
    Cause(
        "Its host was too busy to start it in time. " + AGAIN,
        ("dockertimeouterror", "containerruntimetimeouterror", "could not transition to", *_SLOW),
        passes=True,
    ),
)

# Of a task that was stopped, whatever it did.
TAKEN_AWAY = (
    Cause(
        "Its host was taken away by AWS. " + AGAIN,
        (
            "host ec2",
            "instance terminat",
            "spotinterruption",
            "spot interruption",
            "terminationnotice",
            "host terminated",
        ),
        passes=True,
    ),
    Cause(
        "Its host lost its connection to the cluster. " + AGAIN,
        ("agent disconnected", "agentdisconnected", "agent is disconnected", "container instance deregistration"),
        passes=True,
    ),
)

# Of a task for which no host was found, from the service's events.
NOT_PLACED = (
    Cause(
        "The host lost its connection to the cluster. That is not your image: deploy again in a few minutes. " + STAYS,
        ('error "agent"', "error agent", "agent is not connected"),
        passes=True,
    ),
    Cause(
        "No host of the environment is of the kind it needs. That is not your image: open a ticket.",
        ("missing an attribute",),
    ),
    Cause(
        "The environment has no host at all. Wait until its hosts have joined, then deploy again.",
        ("no container instances were found", "no container instances"),
        passes=True,
    ),
    Cause(
        "A port that it asks for is taken on each host. Make the environment larger, or deploy again.",
        ("already using a port",),
    ),
    Cause(
        "The hosts have no room for it: make it smaller or the environment larger.",
        ("unable to place a task", "insufficient memory", "insufficient cpu"),
    ),
    Cause(
        "An alarm that watches the rollout went off. Look at the alarm in CloudWatch, then deploy again.",
        ("alarm detected", "alarms were in", "alarm state"),
    ),
)
