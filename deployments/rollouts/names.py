"""What the AWS things of a service are called, and what a release is called by: always the same for the same."""

import re
from collections.abc import Collection
from hashlib import sha256

from deployments.models import Placement

TARGET_GROUP_CHARACTERS = 32
_VERSION = re.compile(r"v?[0-9]+([.+_-][0-9A-Za-z.+_-]*)?", re.IGNORECASE)
_MOVING = frozenset(
    [
        "latest",
        "main",
        "master",
        "develop",
        "dev",
        "stable",
        "edge",
        "nightly",
        "release",
        "production",
        "prod",
        "staging",
        "test",
    ]
)


def target_group_name(stack: str, service: str, key: object) -> str:
    """At most 32 characters, different for each stack, service and `key` (the environment's own number)."""
    mark = sha256(f"{stack}/{service}/{key}".encode()).hexdigest()[:8]
    return f"{f'{stack}-{service}'[: TARGET_GROUP_CHARACTERS - 9].rstrip('-')}-{mark}"


def task_family(placement: Placement) -> str:
    return f"{placement.environment.aws_name}-{placement.service.name}"


def by_telling(tags: Collection[str]) -> list[str]:
    """Tags in the order in which they tell which release it is, whatever order AWS gives: the most exact version first,
    then other names, and last those that move on to the next release."""
    return sorted(tags, key=_telling)


def release_name(tags: Collection[str]) -> str:
    """The tag that a release is called by; empty when there is none."""
    return next(iter(by_telling(tags)), "")


def _telling(tag: str) -> tuple[bool, bool, int, str]:
    version = _VERSION.fullmatch(tag) is not None
    return not version, tag.lower() in _MOVING, -len(tag) if version else 0, tag
