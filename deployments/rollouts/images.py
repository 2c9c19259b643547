"""Which of the pushed images are offered: those that can run, and where they do."""

from collections.abc import Sequence

from django.core.cache import cache

from provisioning.aws import ecr
from provisioning.aws.ecr import Index, PushedImage
from provisioning.aws.errors import accepting
from provisioning.aws.session import AwsSession

HOSTS = "linux/amd64"  # what the hosts of every environment are: provisioning/stacks/environment.yaml


def offered(session: AwsSession, repository: str, most: int) -> tuple[PushedImage, ...]:
    """The newest images that can run, at most so many: neither notes on images nor the parts of an index.

    A tag makes of a part an image of its own. Raises AwsProblem.
    """
    pushed = [image for image in ecr.list_images(session, repository) if image.can_run]
    listed = _indexes(session, repository, [image.digest for image in pushed if image.is_index][:most])
    parts = frozenset(digest for index in listed for digest in index.parts)
    return tuple(image for image in pushed if image.tags or image.digest not in parts)[:most]


def _indexes(session: AwsSession, repository: str, digests: Sequence[str]) -> list[Index]:
    """AWS is asked for each of them once: what a digest stands for never changes."""
    known: dict[str, Index] = cache.get_many([_key(digest) for digest in digests])
    unknown = [digest for digest in digests if _key(digest) not in known]
    with accepting("access_denied"):  # a role from before this was asked: parts are offered, too, until it is updated
        if unknown:
            found = {_key(digest): index for digest, index in ecr.indexes(session, repository, unknown).items()}
            cache.set_many(found, timeout=None)
            known |= found
    return list(known.values())


def platforms(digest: str) -> tuple[str, ...]:
    """Where an image runs, if it was offered as an index; nothing is known of others, and AWS is not asked."""
    index: Index | None = cache.get(_key(digest))
    return index.platforms if index else ()


def _key(digest: str) -> str:
    return f"index:{digest}"
