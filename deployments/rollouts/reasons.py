"""What ECS and the container's engine say, and which of our sentences is meant by it. Pure.

Each cause knows words of theirs; the first that fits is meant, so those that tell more stand before others.
No text of theirs is passed on: it names containers, sockets and accounts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.sentences import Sentence

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

    code: str
    words: tuple[str, ...]
    context: tuple[str, ...] = ()
    passes: bool = False

    @property
    def sentence(self) -> Sentence:
        return Sentence(self.code)

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
        "tasks.other_processor",
        ("no matching manifest", "no descriptor matching platform", "exec format error", "no match for platform"),
    ),
    Cause(
        "tasks.attestation",
        ("in-toto", "unsupported media type", "unsupported manifest media type", "mediatype in manifest"),
    ),
    Cause(
        "tasks.disk_full",
        ("no space left on device", "disk quota exceeded"),
        passes=True,
    ),
    Cause(
        "tasks.registry_slows",
        ("toomanyrequests", "too many requests", "rate limit", "rate exceeded", "throttl"),
        passes=True,
    ),
    Cause(
        "tasks.fetch_slow",
        ("unable to pull image",),
        _SLOW,
        passes=True,
    ),
    Cause(
        "tasks.registry_unreached",
        _UNREACHED,
        (*_PULL, ".ecr.", "registry"),
        passes=True,
    ),
    Cause(
        "tasks.secret_unread",
        ("secretsmanager", "retrieve secret", "from asm", "ssm parameter", "from ssm"),
    ),
    Cause(
        "tasks.fetch_denied",
        (*_DENIED, "may require 'docker login'", "pull access denied"),
        _PULL,
    ),
    Cause(
        "tasks.image_gone",
        ("manifest unknown", "not found", "no such image", "does not exist", "image not found"),
        _PULL,
    ),
    Cause("tasks.fetch_failed", _PULL, passes=True),
    Cause(
        "tasks.start_unreached",
        ("unable to pull secrets", "resourceinitializationerror"),
        _UNREACHED,
        passes=True,
    ),
    Cause(
        "tasks.log_unopened",
        ("logging driver", "log driver", "awslogs", "log group"),
        passes=True,
    ),
    Cause(
        "tasks.port_taken",
        ("port is already allocated", "address already in use", "already using a port"),
        passes=True,
    ),
    Cause(
        "tasks.not_executable",
        ("permission denied",),
        ("exec", "cannotstart", "runc", "oci runtime"),
    ),
    Cause(
        "tasks.command_missing",
        ("no such file or directory", "executable file not found", "not found in $path"),
    ),
    Cause(
        "tasks.no_command",
        ("no command specified",),
    ),
    Cause(
        "tasks.host_busy",
        ("dockertimeouterror", "containerruntimetimeouterror", "could not transition to", *_SLOW),
        passes=True,
    ),
)

# Of a task that was stopped, whatever it did.
TAKEN_AWAY = (
    Cause(
        "tasks.host_taken",
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
        "tasks.host_disconnected",
        ("agent disconnected", "agentdisconnected", "agent is disconnected", "container instance deregistration"),
        passes=True,
    ),
)

# Of a task for which no host was found, from the service's events.
NOT_PLACED = (
    Cause(
        "placement.agent_disconnected",
        ('error "agent"', "error agent", "agent is not connected"),
        passes=True,
    ),
    Cause(
        "placement.no_such_host",
        ("missing an attribute",),
    ),
    Cause(
        "placement.no_host",
        ("no container instances were found", "no container instances"),
        passes=True,
    ),
    Cause(
        "placement.port_taken_everywhere",
        ("already using a port",),
    ),
    Cause(
        "placement.no_room",
        ("unable to place a task", "insufficient memory", "insufficient cpu"),
    ),
    Cause(
        "placement.alarm",
        ("alarm detected", "alarms were in", "alarm state"),
    ),
)
